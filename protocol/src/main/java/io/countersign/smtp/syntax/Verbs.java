package io.countersign.smtp.syntax;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpCommand.Kind;
import io.countersign.smtp.SmtpCommand.Origin;
import java.util.Set;

/** The first word of a line. */
final class Verbs {
    /** As much of an unknown verb as is kept for logs. */
    private static final int SHOWN_VERB = 20;

    /** First words of HTTP (RFC 9110 §9, RFC 9113 §3.4) and IRC, none of which is a verb of any SMTP. */
    private static final Set<String> FOREIGN =
            Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI", "NICK");

    private Verbs() {}

    /** Recognises a verb in any ASCII case; makes no object. XCLIENT is never among them: we send it and do not take it. */
    static Kind kind(byte[] line, int from, int to) {
        if (to - from != 4) {
            return Octets.equals(line, from, to, "STARTTLS") ? Kind.STARTTLS : Kind.UNKNOWN;
        }
        int verb = Octets.upper(line[from]) << 24
                | (Octets.upper(line[from + 1]) & 0xff) << 16
                | (Octets.upper(line[from + 2]) & 0xff) << 8
                | (Octets.upper(line[from + 3]) & 0xff);
        return switch (verb) {
            case 'E' << 24 | 'H' << 16 | 'L' << 8 | 'O' -> Kind.EHLO;
            case 'H' << 24 | 'E' << 16 | 'L' << 8 | 'O' -> Kind.HELO;
            case 'M' << 24 | 'A' << 16 | 'I' << 8 | 'L' -> Kind.MAIL;
            case 'R' << 24 | 'C' << 16 | 'P' << 8 | 'T' -> Kind.RCPT;
            case 'D' << 24 | 'A' << 16 | 'T' << 8 | 'A' -> Kind.DATA;
            case 'B' << 24 | 'D' << 16 | 'A' << 8 | 'T' -> Kind.BDAT;
            case 'R' << 24 | 'S' << 16 | 'E' << 8 | 'T' -> Kind.RSET;
            case 'N' << 24 | 'O' << 16 | 'O' << 8 | 'P' -> Kind.NOOP;
            case 'Q' << 24 | 'U' << 16 | 'I' << 8 | 'T' -> Kind.QUIT;
            case 'V' << 24 | 'R' << 16 | 'F' << 8 | 'Y' -> Kind.VRFY;
            case 'E' << 24 | 'X' << 16 | 'P' << 8 | 'N' -> Kind.EXPN;
            case 'H' << 24 | 'E' << 16 | 'L' << 8 | 'P' -> Kind.HELP;
            default -> Kind.UNKNOWN;
        };
    }

    static SmtpCommand.Unknown unknown(byte[] line, int from, int to) {
        int verbEnd = Octets.endOfWord(line, from, to);
        byte[] shown = new byte[Math.min(verbEnd - from, SHOWN_VERB)];
        for (int i = 0; i < shown.length; i++) {
            byte octet = line[from + i];
            shown[i] = octet > ' ' && octet < 0x7f ? (byte) Octets.upper(octet) : (byte) '?';
        }
        String verb = Octets.ascii(shown, 0, shown.length);
        boolean foreign = FOREIGN.contains(verb)
                || Octets.startsWith(line, from, to, "SSH-")
                || isTls(line, from, to)
                || isLabel(line, from, to);
        return new SmtpCommand.Unknown(verb, foreign ? Origin.FOREIGN : Origin.SMTP);
    }

    /** A handshake record of SSL 3.0 or TLS (RFC 8446 §5.1), or the ClientHello of SSL 2.0 (RFC 5246 appendix E.2). */
    private static boolean isTls(byte[] line, int from, int to) {
        if (to - from < 2) {
            return false;
        }
        return (line[from] == 0x16 && line[from + 1] == 3)
                || (line[from] == (byte) 0x80 && to - from > 2 && line[from + 2] == 1);
    }

    /** {@code Label: value}, as header fields of HTTP and of messages are written; {@code MAILFROM:<a@b>} is only a slip. */
    private static boolean isLabel(byte[] line, int from, int to) {
        int i = from;
        while (i < to && (Octets.isLetterOrDigit(line[i]) || line[i] == '-')) {
            i++;
        }
        return i > from && i < to && line[i] == ':' && (i + 1 == to || line[i + 1] != '<');
    }
}
