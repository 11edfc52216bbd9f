package io.countersign.lab;

import io.countersign.lab.Content.Transfer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What one MAIL began at a {@link LabMta}: envelope, and content as it comes. */
final class MtaTransaction {
    private final String sender;
    private final String parameters;
    private final List<Envelope.Recipient> recipients = new ArrayList<>();
    private Content.@Nullable Arriving arriving;
    private @Nullable ContentReader reader;
    private boolean actDone;
    private boolean repliedEarly;

    MtaTransaction(String mailLine) {
        sender = Heard.pathIn(mailLine);
        parameters = Envelope.parametersIn(mailLine);
    }

    void recipient(String rcptLine) {
        recipients.add(new Envelope.Recipient(Heard.pathIn(rcptLine), Envelope.parametersIn(rcptLine)));
    }

    boolean hasRecipients() {
        return !recipients.isEmpty();
    }

    boolean hasContent() {
        return reader != null;
    }

    /** Octets of content so far; 0 before it began. */
    long size() {
        return arriving == null ? 0 : arriving.size();
    }

    void contentBegins(MtaBehaviour behaviour) {
        Content.Arriving content = new Content.Arriving(behaviour.recording());
        arriving = content;
        reader = new ContentReader(behaviour.lines(), content);
    }

    ContentReader reader() {
        ContentReader current = reader;
        if (current == null) {
            throw new IllegalStateException("no content has begun");
        }
        return current;
    }

    /** How many octets may be read before the act in mid-content is due: 0 says now. */
    long untilAct(MtaBehaviour.Intake intake) {
        return actDone || intake.act().isEmpty() ? Long.MAX_VALUE : Math.max(0, intake.afterOctets() - size());
    }

    /** The act in mid-content is being done. */
    void actDone(Act act) {
        actDone = true;
        repliedEarly = act.code() != 0;
    }

    /** The client has its answer already: none is due at the end. */
    boolean repliedEarly() {
        return repliedEarly;
    }

    Envelope envelope() {
        return new Envelope(sender, parameters, recipients);
    }

    /** To be called once, at the end. */
    Content content(Transfer transfer) {
        Content.Arriving content = arriving;
        Set<LineFault> faults = reader().faults();
        if (content == null) {
            throw new IllegalStateException("no content has begun");
        }
        return content.arrived(faults, transfer);
    }
}
