package io.countersign.smtp.syntax;

import io.countersign.smtp.BodyType;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.SmtpReply;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The parameters behind a path (RFC 5321 §4.1.1.11), read once from left to right; {@link #fault} is null when all were
 * right. One instance a line.
 */
final class ParameterReader {
    /** RFC 3461 §4.4. */
    private static final int ENVID_OCTETS = 100;
    /** RFC 3461 §4.2. */
    private static final int ORCPT_OCTETS = 500;
    /** As much of an unknown keyword as is repeated to the client. */
    private static final int SHOWN_KEYWORD = 32;

    private static final int NOTIFY_SUCCESS = 1;
    private static final int NOTIFY_FAILURE = 2;
    private static final int NOTIFY_DELAY = 4;
    /** The subsets in their one spelling, by the sum of the bits above. */
    private static final String[] NOTIFY_SETS = {
        "", "SUCCESS", "FAILURE", "SUCCESS,FAILURE", "DELAY", "SUCCESS,DELAY", "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY"
    };

    private final byte[] line;
    private final int end;

    private long size = -1;
    private @Nullable BodyType body;
    private boolean smtpUtf8;
    private @Nullable String ret;
    private @Nullable String envid;
    private @Nullable String notifyOn;
    private @Nullable String orcpt;

    private @Nullable SmtpReply fault;

    private ParameterReader(byte[] line, int end) {
        this.line = line;
        this.end = end;
    }

    static ParameterReader ofMail(byte[] line, int from, int end) {
        ParameterReader reader = new ParameterReader(line, end);
        for (int i = Octets.skipBlanks(line, from, end); i < end && reader.fault == null; ) {
            i = reader.next(i, Command.MAIL);
        }
        return reader;
    }

    static ParameterReader ofRcpt(byte[] line, int from, int end) {
        ParameterReader reader = new ParameterReader(line, end);
        for (int i = Octets.skipBlanks(line, from, end); i < end && reader.fault == null; ) {
            i = reader.next(i, Command.RCPT);
        }
        return reader;
    }

    @Nullable
    SmtpReply fault() {
        return fault;
    }

    MailParameters mail() {
        boolean none = size < 0 && body == null && !smtpUtf8 && ret == null && envid == null;
        return none ? MailParameters.NONE : new MailParameters(size, body, smtpUtf8, ret, envid);
    }

    RcptParameters rcpt() {
        return notifyOn == null && orcpt == null ? RcptParameters.NONE : new RcptParameters(notifyOn, orcpt);
    }

    private enum Command {
        MAIL,
        RCPT
    }

    /** Reads the parameter at {@code from}; returns where the next one begins. */
    private int next(int from, Command command) {
        int wordEnd = Octets.endOfWord(line, from, end);
        int equals = from;
        while (equals < wordEnd && line[equals] != '=') {
            equals++;
        }
        boolean emptyValue = equals + 1 == wordEnd;
        if (emptyValue || !isKeyword(from, equals)) {
            fault = SyntaxReplies.BAD_PARAMETER;
        } else {
            // Without a value the range is empty and begins behind the word.
            int value = Math.min(equals + 1, wordEnd);
            fault = command == Command.MAIL
                    ? mailParameter(from, equals, value, wordEnd)
                    : rcptParameter(from, equals, value, wordEnd);
        }
        return Octets.skipBlanks(line, wordEnd, end);
    }

    private boolean isKeyword(int from, int to) {
        for (int i = from; i < to; i++) {
            if (!Octets.isLetterOrDigit(line[i]) && (line[i] != '-' || i == from)) {
                return false;
            }
        }
        return to > from;
    }

    private @Nullable SmtpReply mailParameter(int from, int to, int value, int valueEnd) {
        if (Octets.equals(line, from, to, "SIZE")) {
            if (size >= 0) {
                return SyntaxReplies.TWICE;
            }
            size = Octets.decimal(line, value, valueEnd);
            return size < 0 ? SyntaxReplies.BAD_SIZE : null;
        }
        if (Octets.equals(line, from, to, "BODY")) {
            return body != null ? SyntaxReplies.TWICE : body(value, valueEnd);
        }
        if (Octets.equals(line, from, to, "SMTPUTF8")) {
            if (smtpUtf8) {
                return SyntaxReplies.TWICE;
            }
            smtpUtf8 = true;
            return value < valueEnd ? SyntaxReplies.BAD_PARAMETER : null;
        }
        if (Octets.equals(line, from, to, "RET")) {
            return ret != null ? SyntaxReplies.TWICE : ret(value, valueEnd);
        }
        if (Octets.equals(line, from, to, "ENVID")) {
            return envid != null ? SyntaxReplies.TWICE : envid(value, valueEnd);
        }
        return unknown(from, to);
    }

    private @Nullable SmtpReply rcptParameter(int from, int to, int value, int valueEnd) {
        if (Octets.equals(line, from, to, "NOTIFY")) {
            return notifyOn != null ? SyntaxReplies.TWICE : notifyOn(value, valueEnd);
        }
        if (Octets.equals(line, from, to, "ORCPT")) {
            return orcpt != null ? SyntaxReplies.TWICE : orcpt(value, valueEnd);
        }
        return unknown(from, to);
    }

    private SmtpReply unknown(int from, int to) {
        return SyntaxReplies.unsupported(Octets.asciiUpper(line, from, Math.min(to, from + SHOWN_KEYWORD)));
    }

    private @Nullable SmtpReply body(int from, int to) {
        if (Octets.equals(line, from, to, "8BITMIME")) {
            body = BodyType.EIGHT_BIT_MIME;
        } else if (Octets.equals(line, from, to, "7BIT")) {
            body = BodyType.SEVEN_BIT;
        } else if (Octets.equals(line, from, to, "BINARYMIME")) {
            return SyntaxReplies.NO_BINARYMIME;
        } else {
            return SyntaxReplies.BAD_PARAMETER;
        }
        return null;
    }

    private @Nullable SmtpReply ret(int from, int to) {
        if (Octets.equals(line, from, to, "FULL")) {
            ret = "FULL";
        } else if (Octets.equals(line, from, to, "HDRS")) {
            ret = "HDRS";
        } else {
            return SyntaxReplies.BAD_PARAMETER;
        }
        return null;
    }

    private @Nullable SmtpReply envid(int from, int to) {
        if (from == to || to - from > ENVID_OCTETS || !Octets.isAscii(line, from, to)) {
            return SyntaxReplies.BAD_PARAMETER;
        }
        envid = Octets.ascii(line, from, to);
        return isEnvid(envid) ? null : SyntaxReplies.BAD_PARAMETER;
    }

    private @Nullable SmtpReply notifyOn(int from, int to) {
        if (Octets.equals(line, from, to, "NEVER")) {
            notifyOn = "NEVER";
            return null;
        }
        int set = 0;
        int i = from;
        while (true) {
            int elementEnd = i;
            while (elementEnd < to && line[elementEnd] != ',') {
                elementEnd++;
            }
            int bit = notifyBit(i, elementEnd);
            if (bit == 0) {
                return SyntaxReplies.BAD_PARAMETER;
            }
            set |= bit;
            if (elementEnd == to) {
                notifyOn = NOTIFY_SETS[set];
                return null;
            }
            i = elementEnd + 1;
        }
    }

    private int notifyBit(int from, int to) {
        if (Octets.equals(line, from, to, "SUCCESS")) {
            return NOTIFY_SUCCESS;
        }
        if (Octets.equals(line, from, to, "FAILURE")) {
            return NOTIFY_FAILURE;
        }
        return Octets.equals(line, from, to, "DELAY") ? NOTIFY_DELAY : 0;
    }

    private @Nullable SmtpReply orcpt(int from, int to) {
        String text = to - from > ORCPT_OCTETS ? null : Octets.utf8(line, from, to);
        if (text == null || !isOrcpt(text)) {
            return SyntaxReplies.BAD_PARAMETER;
        }
        orcpt = text;
        return null;
    }

    static boolean isEnvid(String envid) {
        return !envid.isEmpty() && envid.length() <= ENVID_OCTETS && Xtext.isValid(envid);
    }

    /** True for a canonical NOTIFY value. */
    static boolean isNotify(String notifyOn) {
        if (notifyOn.equals("NEVER")) {
            return true;
        }
        for (int i = 1; i < NOTIFY_SETS.length; i++) {
            if (NOTIFY_SETS[i].equals(notifyOn)) {
                return true;
            }
        }
        return false;
    }

    /** {@code addr-type;xtext} (RFC 3461 §4.2); under the type {@code utf-8} characters outside ASCII stand for themselves (RFC 6533 §3). */
    static boolean isOrcpt(String orcpt) {
        int semicolon = orcpt.indexOf(';');
        if (semicolon < 1 || semicolon == orcpt.length() - 1 || orcpt.length() > ORCPT_OCTETS) {
            return false;
        }
        for (int i = 0; i < semicolon; i++) {
            char c = orcpt.charAt(i);
            if (c >= 0x80 || (c != '-' && !Octets.isLetterOrDigit((byte) c))) {
                return false;
            }
        }
        boolean unicode = semicolon == 5 && orcpt.regionMatches(true, 0, "utf-8", 0, 5);
        return unicode
                ? Xtext.isValidUnicode(orcpt, semicolon + 1)
                        && orcpt.getBytes(StandardCharsets.UTF_8).length <= ORCPT_OCTETS
                : Xtext.isValid(orcpt, semicolon + 1);
    }
}
