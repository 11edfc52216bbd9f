package io.countersign.edge;

import io.countersign.check.Checks;
import io.countersign.check.SenderQuestion;
import io.countersign.config.ChecksSettings;
import io.countersign.config.Settings;
import io.countersign.decision.PeerText;
import io.countersign.decision.Replies;
import io.countersign.decision.SenderRules;
import io.countersign.journal.Journal;
import io.countersign.journal.TransactionRecord;
import io.countersign.relay.Mta;
import io.countersign.smtp.Capabilities;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpReply;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What belongs to one session from its beginning: services, the settings it began with, what is known of its client, its ids,
 * its line in the log. Everything but {@link #onLoop} on the session's event loop.
 */
final class SessionContext {
    private static final Logger LOG = LoggerFactory.getLogger(SessionContext.class);
    private static final Duration SHORTEST_PATIENCE = Duration.ofSeconds(10);
    /**
     * From its beginning a session waits that long, at most, for its client's reverse name before the MTA hears of it: an MTA
     * that is told "not known yet" defers the client (Postfix's reject_unknown_client_hostname).
     */
    private static final Duration NAME_WAIT = Duration.ofSeconds(2);

    private final EdgeServices services;
    private final Settings settings;
    private final SessionFacts facts;
    private final EventLoop loop;
    private final String sessionId;
    private final SessionSummary summary = new SessionSummary();
    private final long begun = System.nanoTime();
    private String transactionId;
    private int transactions;
    /** A refusal with {@link #transactionId} in it, while the journal has nothing under that id. */
    private @Nullable SmtpReply unrecorded;

    private boolean recorded;

    SessionContext(EdgeServices services, SessionFacts facts, EventLoop loop) {
        this.services = services;
        this.settings = services.settings().get();
        this.facts = facts;
        this.loop = loop;
        this.sessionId = services.ids().next();
        this.transactionId = sessionId;
    }

    EdgeServices services() {
        return services;
    }

    Settings settings() {
        return settings;
    }

    SessionFacts facts() {
        return facts;
    }

    Checks checks() {
        return services.checks();
    }

    Mta mta() {
        return services.mta();
    }

    Journal journal() {
        return services.journal();
    }

    SessionSummary summary() {
        return summary;
    }

    EventLoop loop() {
        return loop;
    }

    /** Runs on the loop: now when already there, otherwise as soon as it can. Any thread. */
    void onLoop(Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
            return;
        }
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            // The gateway has ended, and this session with it: an answer that comes now is for nobody.
            LOG.debug("session {}: an answer after the end", sessionId, e);
        }
    }

    String sessionId() {
        return sessionId;
    }

    /** The id replies carry now: the session's, which is also that of its first transaction, then each transaction's own. */
    String id() {
        return transactionId;
    }

    /** A transaction begins. @return how many there were, with this one */
    int nextTransaction() {
        if (++transactions > 1) {
            settle();
            recorded = false;
            transactionId = services.ids().next();
        }
        return transactions;
    }

    /** The client is told this, with {@link #id} in it. */
    void refused(SmtpReply reply) {
        if (!recorded) {
            unrecorded = reply;
        }
    }

    /** The transaction is over, and goes into the journal. */
    void record(TransactionRecord transaction) {
        if (transaction.id().equals(transactionId)) {
            recorded = true;
            unrecorded = null;
        }
        journal().record(transaction);
    }

    /** No more is said under this id: what it refused without a transaction must be found all the same. */
    void settle() {
        SmtpReply refusal = unrecorded;
        if (refusal != null) {
            unrecorded = null;
            recorded = true;
            journal().record(EnvelopeRecord.ofSession(transactionId, sessionId, facts, refusal));
        }
    }

    /** Runs {@code then} once the client's reverse name is known, or has been waited for long enough: now, or later on the loop. */
    void whenNameIsSettled(Runnable then) {
        long left = facts.name() != null ? 0 : NAME_WAIT.toNanos() - (System.nanoTime() - begun);
        if (left <= 0) {
            then.run();
            return;
        }
        Runnable once = new Runnable() {
            private boolean run;

            @Override
            public void run() {
                if (!run) {
                    run = true;
                    then.run();
                }
            }
        };
        Future<?> limit = loop.schedule(
                () -> {
                    struck(Limits.NAME_WAIT);
                    once.run();
                },
                left,
                TimeUnit.NANOSECONDS);
        facts.whenNamed(name -> {
            limit.cancel(false);
            once.run();
        });
    }

    /** A limit struck: counted, and noted in the session's line. */
    void struck(Limits limit) {
        services.metrics().struck(limit);
        summary.note(limit.key());
    }

    /** How pressed we are, 0 to 1: by connections beyond half of their limit, memory, file descriptors. */
    static double load(EdgeServices services, Settings settings) {
        double half = Math.max(1, settings.listen().limits().connections() / 2.0);
        double connections = (services.counts().open() - half) / half;
        return Math.min(1, Math.max(connections, services.overload().load()));
    }

    /** How long we wait for a client now. */
    Duration patience() {
        return patience(settings.listen().limits().idle(), load(services, settings));
    }

    /** {@code idle}, and less the more pressed we are: down to a thirtieth of it or ten seconds, whichever is more. */
    static Duration patience(Duration idle, double load) {
        if (load <= 0) {
            return idle;
        }
        long most = idle.toNanos();
        long least = Math.min(most, Math.max(SHORTEST_PATIENCE.toNanos(), most / 30));
        return Duration.ofNanos(most - (long) ((most - least) * load));
    }

    /** Least octets a second of content now. */
    long dataRate() {
        return dataRate(settings.listen().limits().dataRate(), load(services, settings));
    }

    /** {@code rate}, and up to ten times as much the more pressed we are. */
    static long dataRate(int rate, double load) {
        return rate + (long) (rate * 9.0 * Math.max(0, load));
    }

    /** What our EHLO reply offers as SIZE now. */
    long offeredSize() {
        return Offer.size(
                mta().capabilities().orElse(Capabilities.NONE),
                settings.listen().limits().messageSize());
    }

    SenderQuestion question(MailAddress sender, ChecksSettings.Sender rules, SenderQuestion.Exemption exemption) {
        return new SenderQuestion(sender, rules, exemption, facts.identity(), loop);
    }

    /** Asks (and thereby starts) the deferral clock of the sender's domain. */
    SenderRules.Deferral deferral(MailAddress sender, ChecksSettings rules) {
        return checks().deferrals().mayDefer(sender.domain(), rules.sender().deferAtMost())
                ? SenderRules.Deferral.ALLOWED
                : SenderRules.Deferral.RUN_OUT;
    }

    /** The MTA's reply, as a client may see it. Its 421 ends our connection to it, not the client's to us: that one gets 451. */
    SmtpReply fromMta(SmtpReply reply) {
        String name = mta().capabilities().map(Capabilities::greetingName).orElse("");
        SmtpReply told = PeerText.fromMta(reply, settings.backend().text(), name);
        return told.code() == 421 ? new SmtpReply(451, told.enhanced(), told.lines()) : told;
    }

    /** Answers about an unknown recipient: slower, or not at all, for a network that asks for many. */
    void unknownRecipient(SmtpReply reply, Consumer<SmtpReply> answer) {
        switch (services.harvesters()
                .unknown(facts.address.getAddress(), settings.listen().limits().unknownRecipients())) {
            case AT_ONCE -> answer.accept(reply);
            case SLOWLY -> {
                struck(Limits.UNKNOWN_RECIPIENTS_DELAY);
                loop.schedule(() -> answer.accept(reply), 1, TimeUnit.SECONDS);
            }
            case NOT_AT_ALL -> {
                struck(Limits.UNKNOWN_RECIPIENTS_REFUSE);
                answer.accept(Replies.tooManyUnknownRecipients(transactionId));
            }
        }
    }
}
