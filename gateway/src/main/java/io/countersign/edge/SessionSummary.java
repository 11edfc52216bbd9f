package io.countersign.edge;

import io.countersign.journal.LogJournal;
import io.countersign.journal.LogText;
import io.countersign.journal.TransactionRecord;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One session's line in the log. Belongs to the session's event loop. */
final class SessionSummary {
    private static final Logger LOG = LoggerFactory.getLogger("io.countersign.session");

    /** Transactions told in full; of the others there are the numbers. */
    private static final int MOST_TOLD = 5;

    private final long begun = System.nanoTime();
    private final Set<String> notes = new LinkedHashSet<>(2);
    private final List<String> transactions = new ArrayList<>(1);
    private int accepted;
    private int refused;
    private int probes;

    /** @param what words of ours, never a client's */
    void note(String what) {
        if (notes.size() < 8) {
            notes.add(what.replace(' ', '-'));
        }
    }

    void transaction(TransactionRecord t) {
        if (transactions.size() < MOST_TOLD && LOG.isInfoEnabled()) {
            transactions.add(LogJournal.line(t));
        }
        switch (t.outcome()) {
            case ACCEPTED, TAGGED -> accepted++;
            case DEFERRED, REJECTED -> refused++;
            case ABANDONED -> probes += t.notes().contains(TransactionRecord.Note.PROBE) ? 1 : 0;
        }
    }

    void close(String sessionId, SessionFacts facts) {
        if (LOG.isInfoEnabled()) {
            String name = facts.confirmedName();
            LOG.info(
                    "session={} client={} name={} helo=\"{}\" tls={} accepted={} refused={} probes={} ms={} notes={} [{}]",
                    sessionId,
                    facts.ip,
                    name == null ? "-" : name,
                    LogText.quoted(facts.helo()),
                    facts.tls() == null ? "-" : facts.tls(),
                    accepted,
                    refused,
                    probes,
                    (System.nanoTime() - begun) / 1_000_000,
                    notes.isEmpty() ? "-" : String.join(",", notes),
                    String.join("; ", transactions));
        }
    }
}
