package io.countersign.smtp.syntax;

import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.SmtpCommand;
import java.nio.charset.StandardCharsets;

/** One command to the octets of one line; refuses (IllegalArgumentException) whatever would not parse back to the same value. */
public final class CommandPrinter {
    /** Postfix's bound for one XCLIENT line, with the verb. */
    private static final int XCLIENT_OCTETS = 512;

    private CommandPrinter() {}

    /** The line without CRLF. Addresses outside ASCII are printed in UTF-8 (the caller has checked SMTPUTF8). */
    public static String print(SmtpCommand command) {
        return switch (command.kind()) {
            case EHLO -> "EHLO " + greetingName(((SmtpCommand.Ehlo) command).domain());
            case HELO -> "HELO " + greetingName(((SmtpCommand.Helo) command).domain());
            case MAIL -> mail((SmtpCommand.Mail) command);
            case RCPT -> rcpt((SmtpCommand.Rcpt) command);
            case DATA, RSET, NOOP, QUIT, HELP, STARTTLS -> command.kind().name();
            case BDAT -> bdat((SmtpCommand.Bdat) command);
            case VRFY -> "VRFY " + argument(((SmtpCommand.Vrfy) command).argument());
            case EXPN -> expn((SmtpCommand.Expn) command);
            case XCLIENT -> xclient((SmtpCommand.Xclient) command);
            case UNKNOWN -> unknown((SmtpCommand.Unknown) command);
        };
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalArgumentException("cannot be printed: " + what);
        }
    }

    private static String greetingName(String name) {
        require(name.length() <= CommandParser.GREETING_NAME_OCTETS && isPrintable(name, '!'), "greeting name");
        return name;
    }

    private static String mail(SmtpCommand.Mail mail) {
        MailAddress mailbox = mail.from().mailbox();
        MailParameters parameters = mail.parameters();
        require(
                mailbox == null || parameters.smtpUtf8() || mailbox.isAscii(),
                "address outside ASCII without SMTPUTF8");
        StringBuilder line = new StringBuilder(96).append("MAIL FROM:<");
        if (mailbox != null) {
            line.append(mailbox.text());
        }
        line.append('>');
        if (parameters.size() >= 0) {
            line.append(" SIZE=").append(parameters.size());
        }
        require(parameters.size() >= -1, "size");
        if (parameters.body() != null) {
            line.append(" BODY=").append(parameters.body().word());
        }
        if (parameters.smtpUtf8()) {
            line.append(" SMTPUTF8");
        }
        String ret = parameters.ret();
        if (ret != null) {
            require(ret.equals("FULL") || ret.equals("HDRS"), "RET");
            line.append(" RET=").append(ret);
        }
        String envid = parameters.envid();
        if (envid != null) {
            require(ParameterReader.isEnvid(envid), "ENVID");
            line.append(" ENVID=").append(envid);
        }
        return line.toString();
    }

    private static String rcpt(SmtpCommand.Rcpt rcpt) {
        RcptParameters parameters = rcpt.parameters();
        StringBuilder line = new StringBuilder(96).append("RCPT TO:").append(rcpt.to());
        String notifyOn = parameters.notifyOn();
        if (notifyOn != null) {
            require(ParameterReader.isNotify(notifyOn), "NOTIFY");
            line.append(" NOTIFY=").append(notifyOn);
        }
        String orcpt = parameters.orcpt();
        if (orcpt != null) {
            require(ParameterReader.isOrcpt(orcpt), "ORCPT");
            line.append(" ORCPT=").append(orcpt);
        }
        return line.toString();
    }

    private static String bdat(SmtpCommand.Bdat bdat) {
        require(bdat.size() >= 0, "chunk size");
        return bdat.last() ? "BDAT " + bdat.size() + " LAST" : "BDAT " + bdat.size();
    }

    private static String expn(SmtpCommand.Expn expn) {
        return expn.argument().isEmpty() ? "EXPN" : "EXPN " + argument(expn.argument());
    }

    private static String argument(String argument) {
        boolean bare = isPrintable(argument, ' ')
                && argument.charAt(0) != ' '
                && argument.charAt(argument.length() - 1) != ' ';
        require(bare, "argument");
        return argument;
    }

    private static String xclient(SmtpCommand.Xclient xclient) {
        String line = "XCLIENT " + argument(xclient.attributes());
        require(line.length() <= XCLIENT_OCTETS, "XCLIENT");
        return line;
    }

    /** Nobody sends these but tests and tools; so the parser itself may say whether the verb survives. */
    private static String unknown(SmtpCommand.Unknown unknown) {
        byte[] line = unknown.verb().getBytes(StandardCharsets.UTF_8);
        boolean same = CommandParser.parse(line, 0, line.length) instanceof CommandParser.Parsed.Command parsed
                && parsed.command().equals(unknown);
        require(same, "unknown verb");
        return unknown.verb();
    }

    /** At least one character, all of them from {@code first} to {@code ~}. */
    private static boolean isPrintable(String text, char first) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < first || text.charAt(i) > '~') {
                return false;
            }
        }
        return !text.isEmpty();
    }
}
