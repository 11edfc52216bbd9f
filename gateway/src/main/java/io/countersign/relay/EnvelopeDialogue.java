package io.countersign.relay;

import io.countersign.relay.Envelope.Progress;
import io.countersign.relay.Envelope.Recipient;
import io.countersign.relay.MtaTransaction.RecipientAnswer;
import io.countersign.relay.MtaTransaction.RecipientAnswer.At;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import java.util.List;
import java.util.Optional;

/**
 * One envelope and the MTA: MAIL and RCPTs go out, each reply comes to its recipient. It may take more than one connection;
 * {@link Envelope#unput} stands between them.
 */
final class EnvelopeDialogue {
    private final Envelope envelope;
    private final CapabilityBook book;
    private final Runnable progress;
    private boolean over;

    /** @param progress called after each recipient that was answered */
    EnvelopeDialogue(Envelope envelope, CapabilityBook book, Runnable progress) {
        this.envelope = envelope;
        this.book = book;
        this.progress = progress;
    }

    Envelope envelope() {
        return envelope;
    }

    /** The session has given the envelope up: replies that are on their way mean nothing any more. */
    void giveUp() {
        over = true;
    }

    /** Sends MAIL. @return empty, or why this connection cannot carry the envelope; then nothing was sent */
    Optional<MtaAnswer> put(MtaConnection connection) {
        Optional<String> lacking = envelope.lacking(connection.capabilities());
        if (lacking.isPresent()) {
            return lacking.map(keyword -> lacks(connection, keyword));
        }
        connection.use().begun();
        envelope.put = true;
        connection.send(envelope.mailFor(connection.capabilities()), reply -> {
            if (!over) {
                envelope.heard = true;
                if (!reply.isPositive()) {
                    envelope.refusal = new RecipientAnswer(new MtaAnswer.Replied(reply), At.MAIL);
                }
            }
        });
        return Optional.empty();
    }

    /** Sends RCPT for all recipients that got this far. */
    void ask(MtaConnection connection, Progress those) {
        for (Recipient recipient : envelope.in(those)) {
            ask(connection, recipient);
        }
    }

    void ask(MtaConnection connection, Recipient recipient) {
        Optional<String> lacking = Envelope.lacking(connection.capabilities(), recipient.parameters);
        if (lacking.isPresent()) {
            refuse(recipient, new RecipientAnswer(lacks(connection, lacking.get()), At.CONNECTION));
            return;
        }
        recipient.progress = Progress.ASKED;
        envelope.asked++;
        connection.send(new SmtpCommand.Rcpt(recipient.to, recipient.parameters), reply -> {
            if (!over) {
                answered(recipient, reply);
            }
        });
    }

    private void answered(Recipient recipient, SmtpReply reply) {
        envelope.heard = true;
        envelope.asked--;
        RecipientAnswer answer = new RecipientAnswer(new MtaAnswer.Replied(reply), At.RCPT);
        if (envelope.refusal != null) {
            refuse(recipient, envelope.refusal);
        } else if (!reply.isPositive()) {
            refuse(recipient, answer);
        } else {
            recipient.progress = recipient.withdrawn ? Progress.WITHDRAWN : Progress.ACCEPTED;
            envelope.stained |= recipient.withdrawn;
            recipient.answer(answer);
        }
        if (!over) {
            progress.run();
        }
    }

    /** Nobody who waits for a connection will get the MTA's word. */
    void fail(MtaAnswer why, At at) {
        RecipientAnswer answer = new RecipientAnswer(why, at);
        if (at == At.MAIL) {
            envelope.refusal = answer;
        }
        for (Recipient recipient : envelope.in(Progress.WANTED)) {
            refuse(recipient, answer);
        }
    }

    /**
     * The connection is gone. What it had accepted is owed from now on; who waits for a reply is told.
     *
     * @param reused whether it may have been stale when we took it
     * @return true when the envelope is to be put again at once, on a new connection: nobody was told anything
     */
    boolean lost(MtaAnswer why, boolean reused) {
        List<Recipient> unanswered = envelope.in(Progress.ASKED);
        boolean stale = reused && envelope.put && !envelope.heard && !envelope.retried;
        RecipientAnswer answer = envelope.refusal != null ? envelope.refusal : new RecipientAnswer(why, At.CONNECTION);
        envelope.unput();
        envelope.retried |= stale;
        for (Recipient recipient : unanswered) {
            if (!recipient.isAwaited()) {
                recipient.progress = recipient.withdrawn ? Progress.WITHDRAWN : Progress.OWED;
            } else if (stale) {
                recipient.progress = Progress.WANTED;
            } else {
                refuse(recipient, answer);
            }
        }
        return stale;
    }

    private static void refuse(Recipient recipient, RecipientAnswer answer) {
        recipient.progress = Progress.REFUSED;
        // One that was answered already, without the MTA: what it says now is news to the cache.
        boolean news = !recipient.isAwaited() && answer.at() == At.RCPT;
        recipient.refusal = news ? answer.answer() : null;
        recipient.answer(answer);
    }

    private MtaAnswer lacks(MtaConnection connection, String keyword) {
        book.missing(keyword);
        return new MtaAnswer.Lost(connection.label() + ": the MTA does not offer " + keyword + " any more");
    }
}
