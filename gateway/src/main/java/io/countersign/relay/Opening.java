package io.countersign.relay;

import io.countersign.relay.Envelope.Progress;
import io.countersign.relay.Envelope.Recipient;
import io.countersign.relay.MtaTransaction.OpenAnswer;
import io.countersign.relay.MtaTransaction.Transfer;
import io.countersign.smtp.SmtpReply;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What has to be settled before content may go out: every recipient that is to get it has been accepted, on one connection. */
final class Opening {
    /** What is to be done next. */
    enum Next {
        /** Replies are on their way. */
        WAIT,
        CONNECT,
        /** RSET: the MTA has a recipient that is to get nothing. */
        CLEAR,
        /** MAIL, if it was not sent yet, and RCPT for each owed recipient. */
        PUT_OWED,
        CONTENT,
        /** Not all of them are accepted. */
        REFUSED
    }

    private static final int UNKNOWN = -1;

    private final Envelope envelope;
    private final Transfer transfer;
    private final Consumer<OpenAnswer> then;
    /** How many are to be there when content comes; known once nobody waits for an answer to RCPT. */
    private int wanted = UNKNOWN;

    Opening(Envelope envelope, Transfer transfer, Consumer<OpenAnswer> then) {
        this.envelope = envelope;
        this.transfer = transfer;
        this.then = then;
    }

    Transfer transfer() {
        return transfer;
    }

    Next next(boolean connected) {
        if (envelope.asked > 0) {
            return Next.WAIT;
        }
        if (wanted == UNKNOWN) {
            wanted = envelope.size();
        }
        if (wanted == 0 || envelope.size() < wanted) {
            return Next.REFUSED;
        }
        if (!connected) {
            return Next.CONNECT;
        }
        if (envelope.stained) {
            return Next.CLEAR;
        }
        return envelope.has(Progress.OWED) ? Next.PUT_OWED : Next.CONTENT;
    }

    void oneWithdrawn() {
        if (wanted != UNKNOWN) {
            wanted--;
        }
    }

    /** Tells that the MTA refused recipients it had accepted, or would have. */
    void refused() {
        List<OpenAnswer.Refused> refused = new ArrayList<>();
        for (Recipient recipient : envelope.in(Progress.REFUSED)) {
            MtaAnswer refusal = recipient.refusal;
            if (refusal != null) {
                refused.add(new OpenAnswer.Refused(recipient.to, refusal));
                recipient.refusal = null;
            }
        }
        MtaAnswer why;
        if (envelope.refusal != null) {
            why = envelope.refusal.answer();
        } else if (refused.isEmpty()) {
            why = new MtaAnswer.Lost("no recipient is left");
        } else {
            why = refused.get(0).answer();
        }
        tell(why, refused);
    }

    void failed(MtaAnswer why) {
        tell(why, List.of());
    }

    /** The MTA's own word only where it can be meant for the whole message. */
    private void tell(MtaAnswer why, List<OpenAnswer.Refused> refused) {
        MtaAnswer answer = why;
        if (why instanceof MtaAnswer.Replied replied && wanted > 1) {
            answer = new MtaAnswer.Unreachable("the MTA does not accept all recipients any more: " + replied.reply());
        }
        then.accept(new OpenAnswer(answer, refused));
    }

    /** The MTA's reply to DATA, or the go-ahead for chunks. */
    void answered(SmtpReply reply) {
        then.accept(new OpenAnswer(new MtaAnswer.Replied(reply), List.of()));
    }
}
