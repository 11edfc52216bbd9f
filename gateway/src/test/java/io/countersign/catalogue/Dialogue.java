package io.countersign.catalogue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What one client says and must hear, from the greeting on. Text is Latin-1: each char is an octet on the wire, so that any
 * octet can be written down. Building it says nothing yet; {@link World#play} does.
 *
 * <pre>{@code
 * Dialogue.greeted().envelope("a@b.test", "r@example.org")
 *     .line("DATA").hear("354 ")
 *     .say("Subject: x\r\n\r\nbody\n.\nMAIL FROM:<evil@b.test>\r\n.\r\n")
 *     .hear("550 5.5.2 bare <LF> received").closed();
 * }</pre>
 */
public final class Dialogue {
    sealed interface Step {
        /** Octets, cut as the run wants it. */
        record Say(byte[] octets) implements Step {}

        /** A reply that begins so. */
        record Hear(String beginning) implements Step {}

        /** The reply to a complete message. */
        record HearOfMessage(String beginning) implements Step {}

        /** The server closes, and says nothing more. */
        record Closed() implements Step {}

        /** FIN: nothing more will be said. */
        record Finish() implements Step {}

        /** RST. */
        record Reset() implements Step {}

        /** STARTTLS, its 220 and the handshake. */
        record StartTls() implements Step {}

        /** Whatever else must happen now. */
        record Then(Runnable action) implements Step {}
    }

    private final List<Step> steps = new ArrayList<>();
    /** What the MTA must have as the end of each accepted message, in order; null for a message nobody looks at. */
    private final List<String> bodies = new ArrayList<>();

    private int refusedAtTheEnd;

    private Dialogue() {}

    /** Connected, nothing read. */
    public static Dialogue connected() {
        return new Dialogue();
    }

    /** The greeting read, EHLO said and answered. */
    public static Dialogue greeted() {
        return connected().hear("220 ").line("EHLO client.test").hear("250 ");
    }

    /** MAIL and RCPT, both accepted. */
    public Dialogue envelope(String from, String to) {
        return line("MAIL FROM:<" + from + ">")
                .hear("250 ")
                .line("RCPT TO:<" + to + ">")
                .hear("250 ");
    }

    /** An accepted envelope, DATA and its 354. */
    public Dialogue data() {
        return envelope("a@b.test", "r@example.org").line("DATA").hear("354 ");
    }

    /** Octets as they are. */
    public Dialogue say(String latin1) {
        steps.add(new Step.Say(latin1.getBytes(StandardCharsets.ISO_8859_1)));
        return this;
    }

    /** One line with CRLF. */
    public Dialogue line(String latin1) {
        return say(latin1 + "\r\n");
    }

    /** Text as UTF-8, with CRLF. */
    public Dialogue utf8Line(String text) {
        steps.add(new Step.Say((text + "\r\n").getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    /**
     * The next reply, which begins so.
     *
     * @param beginning code, a space (also where the reply has several lines), text; several of them with {@code |} between
     *     where the network decides which
     */
    public Dialogue hear(String beginning) {
        steps.add(new Step.Hear(beginning));
        return this;
    }

    /** A message was complete and is accepted; the MTA's copy ends with that (octets as Latin-1). */
    public Dialogue accepted(String body) {
        bodies.add(body);
        steps.add(new Step.HearOfMessage("250 "));
        return this;
    }

    /** A message was complete; the MTA saw its end and refused it, or did not answer: the client hears this. */
    public Dialogue refusedByMta(String beginning) {
        refusedAtTheEnd++;
        return hear(beginning);
    }

    /** The server closes now, without another word. */
    public Dialogue closed() {
        steps.add(new Step.Closed());
        return this;
    }

    public Dialogue finish() {
        steps.add(new Step.Finish());
        return this;
    }

    public Dialogue reset() {
        steps.add(new Step.Reset());
        return this;
    }

    public Dialogue startTls() {
        steps.add(new Step.StartTls());
        return this;
    }

    /** Runs in the middle of the dialogue, on the test's thread. */
    public Dialogue then(Runnable action) {
        steps.add(new Step.Then(action));
        return this;
    }

    /** The same part several times. */
    public Dialogue times(int times, Supplier<String> line, String beginning) {
        for (int i = 0; i < times; i++) {
            line(line.get()).hear(beginning);
        }
        return this;
    }

    List<Step> steps() {
        return steps;
    }

    List<String> bodies() {
        return bodies;
    }

    int refusedAtTheEnd() {
        return refusedAtTheEnd;
    }

    /** Whether the connection is over when the steps are: otherwise the run ends with NOOP and QUIT. */
    boolean endsItself() {
        Step last = steps.isEmpty() ? null : steps.get(steps.size() - 1);
        return last instanceof Step.Closed || last instanceof Step.Reset;
    }
}
