package io.countersign.journal;

import io.countersign.config.ChecksSettings.Action;
import io.countersign.dns.ClientName;
import io.countersign.journal.TransactionRecord.Note;
import io.countersign.journal.TransactionRecord.Outcome;
import io.countersign.journal.TransactionRecord.Stamp;
import io.countersign.spf.SpfResult;
import io.countersign.verdict.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One transaction as it is read back from the journal. All texts are as strangers sent them, without control characters (each is
 * {@code ?}); escape them for where they go.
 *
 * @param position where it stands in the journal: larger is later written; for {@link JournalReader.Query#after}
 * @param at when the transaction began
 * @param written when the journal had it
 * @param from the sender as given in MAIL, {@code <>} for the null sender; empty for a session that was refused before MAIL
 * @param reply our last word to the client, or null
 * @param mtaReply the MTA's word about the message, or null
 * @param queueId the MTA's name for the message, where its reply had one
 * @param messageId of the message's header, with its angle brackets; null when there was none or no message
 * @param size octets of content received
 * @param timings from MAIL, for the stages that were reached
 * @param wouldHave what enforcing would have done, where it would have refused; one entry a rule
 * @param late what came after the record
 */
public record Story(
        long position,
        String id,
        String sessionId,
        Instant at,
        Instant written,
        Client client,
        String from,
        List<Recipient> recipients,
        Sender sender,
        @Nullable String reply,
        @Nullable String mtaReply,
        @Nullable String queueId,
        @Nullable String messageId,
        long size,
        Duration took,
        Map<Stamp, Duration> timings,
        Outcome outcome,
        Set<Note> notes,
        List<String> wouldHave,
        List<Late> late) {

    public Story {
        recipients = List.copyOf(recipients);
        timings = Map.copyOf(timings);
        notes = Set.copyOf(notes);
        wouldHave = List.copyOf(wouldHave);
        late = List.copyOf(late);
    }

    /**
     * @param nameResult null when reverse DNS was not asked or not there yet
     * @param name the client's name in DNS; confirmed only with PASS
     * @param nameDetail why not, in our words
     * @param tls protocol and cipher, or null for clear text
     */
    public record Client(
            String address,
            ClientName.@Nullable Result nameResult,
            @Nullable String name,
            @Nullable String nameDetail,
            String helo,
            @Nullable String tls) {}

    /** @param path as given @param reply what the client was told @param rule why, when it was our decision */
    public record Recipient(
            String path, String reply, @Nullable String rule) {}

    /**
     * @param verdict its evidence without the dialogue (see {@link JournalReader#callouts}); null when none was asked for
     * @param action what followed, or would have followed in monitor mode; null when nothing was decided
     * @param rule the rule that decided
     */
    public record Sender(
            @Nullable Verdict verdict,
            @Nullable SpfResult spf,
            @Nullable Action action,
            @Nullable String rule) {}

    /** @param verdict null when it is about the client's name @param wouldHaveRefused whether enforcing would have */
    public record Late(Instant at, @Nullable Verdict verdict, Action action, String rule) {
        public boolean wouldHaveRefused() {
            return action == Action.DEFER || action == Action.REJECT;
        }
    }

    /** Whether enforcing would have refused it, known at once or later. */
    public boolean wouldHaveBeenRefused() {
        return !wouldHave.isEmpty() || late.stream().anyMatch(Late::wouldHaveRefused);
    }
}
