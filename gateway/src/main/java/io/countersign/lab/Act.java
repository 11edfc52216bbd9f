package io.countersign.lab;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * What a server of the lab does where a reply is due. Acts are data: equal if they do the same, free to be shared.
 *
 * <pre>{@code
 * Act.reply("250-mx.b.test", "250 SIZE 1000");
 * Act.reply("421 4.3.2 going down").then(Act.close());
 * Act.reply("250 2.1.5 Ok").after(Duration.ofMillis(200));
 * Act.octets("250 2.1.5 Ok\n");                              // LF only
 * Act.octets("250 one\r\n250 two\r\n");                      // two replies
 * Act.slowly("250 2.1.5 Ok\r\n", Duration.ofMillis(50));     // one octet at a time
 * }</pre>
 */
public sealed interface Act {

    /** Sends octets, each char one (0–255). */
    record Send(String octets) implements Act {}

    /** Sends octets one by one, with a pause after each. */
    record Trickle(String octets, Duration pause) implements Act {}

    /** Sends octets again and again until the peer has gone, no faster than it reads. */
    record Endless(String octets) implements Act {}

    record Pause(Duration duration) implements Act {}

    /** Says nothing more in this session; what the peer sends is read and recorded. */
    record Never() implements Act {}

    /** Reads nothing more in this session, so that the peer's window fills up. */
    record Deaf() implements Act {}

    /** Closes with FIN. */
    record Close() implements Act {}

    /** Closes with RST. */
    record Reset() implements Act {}

    /** From here on speaks TLS, as the server. */
    record StartTls() implements Act {}

    /** One after the other. */
    record Sequence(List<Act> acts) implements Act {}

    /** Sends a reply, each line with CRLF, in UTF-8. */
    static Act reply(String... lines) {
        return new Send(octetsOf(String.join("\r\n", lines) + "\r\n"));
    }

    /** Sends text as it is. */
    static Act octets(String text) {
        return new Send(octetsOf(text));
    }

    static Act slowly(String text, Duration pause) {
        return new Trickle(octetsOf(text), pause);
    }

    static Act endless(String text) {
        return new Endless(octetsOf(text));
    }

    /** Two hundred octets that are no SMTP: control characters, high bits, NUL, and a line end now and then. */
    static Act garbage() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            text.append((char) (i * 73 + 128 & 0xff));
        }
        return new Send(text.append("\r\n").toString());
    }

    static Act never() {
        return new Never();
    }

    static Act deaf() {
        return new Deaf();
    }

    static Act close() {
        return new Close();
    }

    static Act reset() {
        return new Reset();
    }

    static Act pause(Duration duration) {
        return new Pause(duration);
    }

    static Act startTls() {
        return new StartTls();
    }

    default Act then(Act next) {
        return new Sequence(List.of(this, next));
    }

    /** This act, {@code delay} later. */
    default Act after(Duration delay) {
        return delay.isZero() ? this : pause(delay).then(this);
    }

    /** The reply code that the peer reads first; 0 if it never gets one. */
    default int code() {
        if (this instanceof Send send) {
            return codeOf(send.octets());
        } else if (this instanceof Trickle trickle) {
            return codeOf(trickle.octets());
        } else if (this instanceof Sequence sequence) {
            return sequence.acts().stream()
                    .mapToInt(Act::code)
                    .filter(c -> c != 0)
                    .findFirst()
                    .orElse(0);
        }
        return 0;
    }

    /** Whether the peer's command is taken up: the first code is 2xx or 3xx. */
    default boolean accepts() {
        return code() / 100 == 2 || code() / 100 == 3;
    }

    private static int codeOf(String octets) {
        int code = 0;
        for (int i = 0; i < 3; i++) {
            int digit = i < octets.length() ? octets.charAt(i) - '0' : -1;
            if (digit < 0 || digit > 9) {
                return 0;
            }
            code = 10 * code + digit;
        }
        return code;
    }

    private static String octetsOf(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
