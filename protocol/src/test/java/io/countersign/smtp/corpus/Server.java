package io.countersign.smtp.corpus;

import io.countersign.smtp.Capabilities;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.dialogue.ServerDialogue;
import io.countersign.smtp.dialogue.ServerDialogue.Step;
import java.util.ArrayList;
import java.util.List;

/** A session that obeys {@link ServerDialogue} and writes its steps down as the corpus does. */
public final class Server {
    private final ServerDialogue dialogue = new ServerDialogue();
    private final Capabilities offer;
    private final List<String> heard = new ArrayList<>();
    private boolean messageEnds;
    private boolean closed;

    public Server(Capabilities offer) {
        this.offer = offer;
    }

    public Step command(SmtpCommand command) {
        return carryOut(dialogue.on(command, offer));
    }

    public Step fault(SmtpCommand.Kind verb, SmtpReply reply) {
        return carryOut(dialogue.onFault(verb, reply));
    }

    public void contentEnded(long octets) {
        heard.add("END " + octets);
        if (messageEnds) {
            dialogue.transactionEnded();
        }
        messageEnds = false;
    }

    public boolean isClosed() {
        return closed;
    }

    public List<String> heard() {
        return List.copyOf(heard);
    }

    private Step carryOut(Step step) {
        heard.add(
                switch (step.kind()) {
                    case ANSWER -> "ANSWER " + codes(((Step.Answer) step).reply());
                    case HELLO -> "HELLO " + ((Step.Hello) step).greeting() + " " + ((Step.Hello) step).name();
                    case BEGIN -> "BEGIN " + ((Step.Begin) step).mail().from();
                    case RECIPIENT -> recipient(((Step.Recipient) step).rcpt());
                    case CONTENT -> {
                        messageEnds = true;
                        yield "CONTENT";
                    }
                    case CHUNK -> {
                        SmtpCommand.Bdat bdat = ((Step.Chunk) step).bdat();
                        messageEnds = bdat.last();
                        yield "CHUNK " + bdat.size() + (bdat.last() ? " LAST" : "");
                    }
                    case DISCARD_CHUNK -> "DISCARD_CHUNK " + codes(((Step.DiscardChunk) step).reply());
                    case RESET -> "RESET";
                    case START_TLS -> {
                        dialogue.tlsEstablished();
                        yield "START_TLS";
                    }
                    case QUIT -> {
                        closed = true;
                        yield "QUIT";
                    }
                    case CLOSE -> {
                        closed = true;
                        yield "CLOSE " + codes(((Step.Close) step).reply());
                    }
                    case FOREIGN -> {
                        closed = true;
                        yield "FOREIGN " + ((Step.Foreign) step).verb();
                    }
                });
        return step;
    }

    private String recipient(SmtpCommand.Rcpt rcpt) {
        MailAddress mailbox = rcpt.to().mailbox();
        if (mailbox == null || !mailbox.localPart().startsWith("no-")) {
            dialogue.recipientAccepted();
        }
        return "RECIPIENT " + rcpt.to();
    }

    private static String codes(SmtpReply reply) {
        return reply.code() + (reply.enhanced() == null ? "" : " " + reply.enhanced());
    }
}
