package io.countersign.smtp.syntax;

import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;

/**
 * One command line to one value (RFC 5321 §4.1). Never throws on input.
 *
 * <p>Tolerant where clients in use need it: ASCII case of verbs and keywords, more blanks than one, blanks between the colon
 * and the path, blanks and tabs at the end. Strict in the rest. The locale plays no part.
 */
public final class CommandParser {
    /** What a line was: a command, or a fault with the reply that says so. */
    public sealed interface Parsed {
        record Command(SmtpCommand command) implements Parsed {}

        /** @param verb the command the client meant, UNKNOWN when that cannot be told @param reply 500, 501, 553 or 555 with its enhanced code; no id in it */
        record Fault(SmtpCommand.Kind verb, SmtpReply reply) implements Parsed {}
    }

    /** RFC 5321 §4.5.3.1.2: a name is not longer than a domain. */
    static final int GREETING_NAME_OCTETS = 255;

    private static final Parsed DATA = new Parsed.Command(SmtpCommand.Plain.DATA);
    private static final Parsed RSET = new Parsed.Command(SmtpCommand.Plain.RSET);
    private static final Parsed NOOP = new Parsed.Command(SmtpCommand.Plain.NOOP);
    private static final Parsed QUIT = new Parsed.Command(SmtpCommand.Plain.QUIT);
    private static final Parsed HELP = new Parsed.Command(SmtpCommand.Plain.HELP);
    private static final Parsed STARTTLS = new Parsed.Command(SmtpCommand.Plain.STARTTLS);

    private CommandParser() {}

    /**
     * @param line the octets between the line ends, without CRLF, with no CR, LF or NUL in it (the framer saw to that);
     *     borrowed, not kept
     */
    public static Parsed parse(byte[] line, int offset, int length) {
        int end = offset + length;
        while (end > offset && (line[end - 1] == ' ' || line[end - 1] == '\t')) {
            end--;
        }
        int verbEnd = Octets.endOfWord(line, offset, end);
        SmtpCommand.Kind verb = Verbs.kind(line, offset, verbEnd);
        boolean ascii = true;
        for (int i = offset; i < end; i++) {
            byte octet = line[i];
            if (octet < ' ' || octet == 0x7f) {
                if (octet >= 0) {
                    return notPrintable(verb, line, offset, end);
                }
                ascii = false;
            }
        }
        if (!ascii && verb != SmtpCommand.Kind.MAIL && verb != SmtpCommand.Kind.RCPT) {
            return notPrintable(verb, line, offset, end);
        }
        int argument = Octets.skipBlanks(line, verbEnd, end);
        return switch (verb) {
            case EHLO, HELO -> greeting(verb, line, argument, end);
            case MAIL -> mail(line, argument, end);
            case RCPT -> rcpt(line, argument, end);
            case BDAT -> bdat(line, argument, end);
            case DATA -> argument == end ? DATA : fault(verb, SyntaxReplies.DATA);
            case RSET -> argument == end ? RSET : fault(verb, SyntaxReplies.RSET);
            case QUIT -> argument == end ? QUIT : fault(verb, SyntaxReplies.QUIT);
            case STARTTLS -> argument == end ? STARTTLS : fault(verb, SyntaxReplies.STARTTLS);
            case NOOP -> NOOP;
            case HELP -> HELP;
            case VRFY ->
                argument == end
                        ? fault(verb, SyntaxReplies.VRFY)
                        : command(new SmtpCommand.Vrfy(Octets.ascii(line, argument, end)));
            case EXPN -> command(new SmtpCommand.Expn(Octets.ascii(line, argument, end)));
            case XCLIENT, UNKNOWN -> command(Verbs.unknown(line, offset, end));
        };
    }

    private static Parsed command(SmtpCommand command) {
        return new Parsed.Command(command);
    }

    private static Parsed fault(SmtpCommand.Kind verb, SmtpReply reply) {
        return new Parsed.Fault(verb, reply);
    }

    /** A TLS ClientHello is worth telling from a mail client's slip: its sender will never speak SMTP. */
    private static Parsed notPrintable(SmtpCommand.Kind verb, byte[] line, int from, int to) {
        if (verb == SmtpCommand.Kind.UNKNOWN) {
            SmtpCommand.Unknown unknown = Verbs.unknown(line, from, to);
            if (unknown.origin() == SmtpCommand.Origin.FOREIGN) {
                return command(unknown);
            }
        }
        return fault(verb, SyntaxReplies.BAD_CHARACTERS);
    }

    private static Parsed greeting(SmtpCommand.Kind verb, byte[] line, int from, int to) {
        boolean extended = verb == SmtpCommand.Kind.EHLO;
        if (to - from > GREETING_NAME_OCTETS || !Octets.isGraphic(line, from, to)) {
            return fault(verb, extended ? SyntaxReplies.EHLO : SyntaxReplies.HELO);
        }
        String name = Octets.ascii(line, from, to);
        return command(extended ? new SmtpCommand.Ehlo(name) : new SmtpCommand.Helo(name));
    }

    private static Parsed mail(byte[] line, int from, int to) {
        if (!Octets.startsWith(line, from, to, "FROM:")) {
            return fault(SmtpCommand.Kind.MAIL, SyntaxReplies.MAIL);
        }
        int path = Octets.skipBlanks(line, from + 5, to);
        if (path == to || line[path] != '<') {
            return fault(SmtpCommand.Kind.MAIL, SyntaxReplies.MAIL);
        }
        int pathEnd = Paths.end(line, path, to);
        if (pathEnd == Paths.NONE) {
            return fault(SmtpCommand.Kind.MAIL, SyntaxReplies.BAD_SENDER);
        }
        if (pathEnd < to && line[pathEnd] != ' ') {
            return fault(SmtpCommand.Kind.MAIL, SyntaxReplies.MAIL);
        }
        if (!Octets.isAscii(line, pathEnd, to)) {
            return fault(SmtpCommand.Kind.MAIL, SyntaxReplies.BAD_CHARACTERS);
        }
        ParameterReader parameters = ParameterReader.ofMail(line, pathEnd, to);
        SmtpReply wrong = parameters.fault();
        if (wrong != null) {
            return fault(SmtpCommand.Kind.MAIL, wrong);
        }
        if (pathEnd - path == 2) {
            return command(new SmtpCommand.Mail(ReversePath.NULL, parameters.mail()));
        }
        if (!parameters.mail().smtpUtf8() && !Octets.isAscii(line, path, pathEnd)) {
            return fault(SmtpCommand.Kind.MAIL, SyntaxReplies.NEEDS_SMTPUTF8);
        }
        MailAddress mailbox = Paths.mailbox(line, path + 1, pathEnd - 1);
        return mailbox == null
                ? fault(SmtpCommand.Kind.MAIL, SyntaxReplies.BAD_SENDER)
                : command(new SmtpCommand.Mail(new ReversePath(mailbox), parameters.mail()));
    }

    /** An address outside ASCII is well formed here; whether the transaction may carry it is the dialogue's to say. */
    private static Parsed rcpt(byte[] line, int from, int to) {
        if (!Octets.startsWith(line, from, to, "TO:")) {
            return fault(SmtpCommand.Kind.RCPT, SyntaxReplies.RCPT);
        }
        int path = Octets.skipBlanks(line, from + 3, to);
        if (path == to || line[path] != '<') {
            return fault(SmtpCommand.Kind.RCPT, SyntaxReplies.RCPT);
        }
        int pathEnd = Paths.end(line, path, to);
        if (pathEnd == Paths.NONE) {
            return fault(SmtpCommand.Kind.RCPT, SyntaxReplies.BAD_RECIPIENT);
        }
        if (pathEnd < to && line[pathEnd] != ' ') {
            return fault(SmtpCommand.Kind.RCPT, SyntaxReplies.RCPT);
        }
        ParameterReader parameters = ParameterReader.ofRcpt(line, pathEnd, to);
        SmtpReply wrong = parameters.fault();
        if (wrong != null) {
            return fault(SmtpCommand.Kind.RCPT, wrong);
        }
        if (Octets.equals(line, path + 1, pathEnd - 1, "POSTMASTER")) {
            return command(new SmtpCommand.Rcpt(ForwardPath.POSTMASTER, parameters.rcpt()));
        }
        MailAddress mailbox = Paths.mailbox(line, path + 1, pathEnd - 1);
        return mailbox == null
                ? fault(SmtpCommand.Kind.RCPT, SyntaxReplies.BAD_RECIPIENT)
                : command(new SmtpCommand.Rcpt(new ForwardPath(mailbox), parameters.rcpt()));
    }

    private static Parsed bdat(byte[] line, int from, int to) {
        int sizeEnd = Octets.endOfWord(line, from, to);
        long size = Octets.decimal(line, from, sizeEnd);
        int word = Octets.skipBlanks(line, sizeEnd, to);
        boolean last = Octets.equals(line, word, to, "LAST");
        if (size < 0 || (!last && word < to)) {
            return fault(SmtpCommand.Kind.BDAT, SyntaxReplies.BDAT);
        }
        return command(new SmtpCommand.Bdat(size, last));
    }
}
