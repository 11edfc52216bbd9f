package io.countersign.decision;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Our {@code Received:} field (RFC 5321 §4.4). Pure; what a stranger chose cannot end the field or open a comment. */
public final class ReceivedField {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss Z", Locale.ROOT);

    private record Second(long epoch, String text) {}

    private static volatile @Nullable Second second;

    /**
     * @param clientName the confirmed reverse name, or null
     * @param clientIp address as text, IPv6 without brackets
     * @param protocol {@code SMTP}, {@code ESMTP}, {@code ESMTPS}, {@code UTF8SMTP}, {@code UTF8SMTPS} (RFC 3848, RFC 6531)
     * @param recipient the only recipient as a path, or null when there are several
     */
    public record Facts(
            String helo,
            @Nullable String clientName,
            String clientIp,
            String protocol,
            @Nullable String recipient) {}

    private ReceivedField() {}

    /** The whole field with its final CRLF. */
    public static String field(String hostname, String id, Facts facts, long epochSecond) {
        StringBuilder out = new StringBuilder(300)
                .append("Received: from ")
                .append(filtered(facts.helo()))
                .append(" (");
        out.append(facts.clientName() == null ? "unknown" : facts.clientName()).append(" [");
        if (facts.clientIp().indexOf(':') >= 0) {
            out.append("IPv6:");
        }
        out.append(facts.clientIp()).append("])\r\n\tby ").append(hostname).append(" (Countersign) with ");
        out.append(facts.protocol()).append(" id ").append(id);
        if (facts.recipient() != null) {
            out.append("\r\n\tfor ").append(facts.recipient());
        }
        return out.append(";\r\n\t").append(date(epochSecond)).append("\r\n").toString();
    }

    /** Many messages come within one second: its text is made once. */
    private static String date(long epochSecond) {
        Second known = second;
        if (known == null || known.epoch() != epochSecond) {
            known = new Second(
                    epochSecond,
                    DATE.format(ZonedDateTime.ofInstant(Instant.ofEpochSecond(epochSecond), ZoneOffset.UTC)));
            second = known;
        }
        return known.text();
    }

    /** Printable ASCII without the characters that have a meaning in a structured field. */
    static String filtered(String helo) {
        StringBuilder out = new StringBuilder(helo.length());
        for (int i = 0; i < helo.length() && i < 255; i++) {
            char c = helo.charAt(i);
            out.append(c <= ' ' || c > '~' || "()<>\\\";,@".indexOf(c) >= 0 ? '?' : c);
        }
        return out.length() == 0 ? "?" : out.toString();
    }
}
