package io.countersign.smtp.syntax;

import io.countersign.smtp.BodyType;
import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Values by chance, the same ones in every run of a seed. */
final class Generators {
    private static final String ATEXT = "abzAZ059!#$%&'*+-/=?^_`{|}~üßж用\uD83D\uDCE7";
    private static final String QTEXT = ATEXT + " @.<>,;:()[]\"\\";
    private static final String XCHARS = "abzAZ059!\"#$%&'()*,-./:;<>?@[\\]^_`{|}~";
    private static final String TEXT = "abz AZ059 <>@:;%()[]#-_ .üж用";
    private static final List<String> DOMAINS = List.of(
            "b",
            "example.org",
            "EXAMPLE.Org",
            "a-b.c_d.example",
            "xn--bcher-kva.example",
            "bücher.example",
            "[192.0.2.1]",
            "[IPv6:2001:db8::1]",
            "[IPv6:::ffff:192.0.2.255]");
    private static final List<String> TOKENS = List.of(
            "MAIL",
            "FROM:",
            "RCPT",
            "TO:",
            "<",
            ">",
            "@",
            "\"",
            "\\",
            " ",
            "  ",
            "\t",
            "a",
            "b.c",
            ".",
            ",",
            ":",
            "=",
            "+",
            "SIZE=",
            "1",
            "99999999999999999999",
            "BODY=",
            "8BITMIME",
            "SMTPUTF8",
            "RET=",
            "FULL",
            "ENVID=",
            "+2B",
            "+0A",
            "NOTIFY=",
            "NEVER",
            "SUCCESS,DELAY",
            "ORCPT=",
            "rfc822;",
            "utf-8;",
            "EHLO ",
            "BDAT ",
            "LAST",
            "DATA",
            "QUIT",
            "VRFY ",
            "NOOP",
            "[IPv6:",
            "::1]",
            "[1.2.3.4]",
            "postmaster",
            "ü",
            "\uD83D\uDCE7",
            "\u202e",
            "\u0001",
            "\u007f",
            "MAIL FROM:<a@b>",
            "RCPT TO:<a@b>",
            "mail from:<",
            "rcpt to:<",
            "@x:");

    private final Random random;

    Generators(long seed) {
        random = new Random(seed);
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private String string(String alphabet, int least, int most) {
        int[] codePoints = alphabet.codePoints().toArray();
        int length = least + random.nextInt(most - least + 1);
        StringBuilder string = new StringBuilder();
        for (int i = 0; i < length; i++) {
            string.appendCodePoint(codePoints[random.nextInt(codePoints.length)]);
        }
        return string.toString();
    }

    /** An address as a client may write it; nearly always a legal one. */
    String addressText() {
        String domain = one(DOMAINS);
        if (random.nextInt(3) > 0) {
            StringBuilder local = new StringBuilder(string(ATEXT, 1, 8));
            while (random.nextInt(3) == 0) {
                local.append('.').append(string(ATEXT, 1, 5));
            }
            return local + "@" + domain;
        }
        StringBuilder quoted = new StringBuilder("\"");
        string(QTEXT, 0, 12).codePoints().forEach(c -> {
            boolean escape = c == '"' || c == '\\' || (c < 0x80 && random.nextInt(4) == 0);
            quoted.append(escape ? "\\" : "").appendCodePoint(c);
        });
        return quoted + "\"@" + domain;
    }

    MailAddress address() {
        while (true) {
            Optional<MailAddress> address = MailAddress.parse(addressText());
            if (address.isPresent()) {
                return address.get();
            }
        }
    }

    private @Nullable String maybe(String text) {
        return random.nextBoolean() ? text : null;
    }

    private String xtext(int most) {
        StringBuilder xtext = new StringBuilder(string(XCHARS, 1, most));
        if (random.nextInt(3) == 0) {
            xtext.append(one(List.of("+2B", "+3D", "+20", "+C3+BC", "+7E")));
        }
        return xtext.toString();
    }

    SmtpCommand command() {
        switch (random.nextInt(9)) {
            case 0:
                return new SmtpCommand.Ehlo(string("abz.-[]:()?_" + "059", 1, 40));
            case 1:
                return new SmtpCommand.Helo(string("abz.-[]:()?_" + "059", 1, 40));
            case 2, 3:
                return mail();
            case 4, 5:
                ForwardPath to = random.nextInt(8) == 0 ? ForwardPath.POSTMASTER : new ForwardPath(address());
                String orcpt = random.nextInt(4) == 0
                        ? "utf-8;" + string(ATEXT.replaceAll("[+=]", ""), 1, 30)
                        : "rfc822;" + xtext(30);
                String notifyOn = one(List.of("NEVER", "SUCCESS", "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY"));
                return new SmtpCommand.Rcpt(to, new RcptParameters(maybe(notifyOn), maybe(orcpt)));
            case 6:
                return new SmtpCommand.Bdat(random.nextLong() >>> 1 >>> random.nextInt(63), random.nextBoolean());
            case 7:
                return random.nextBoolean()
                        ? new SmtpCommand.Vrfy("a" + string("b <>@.", 0, 10) + "c")
                        : new SmtpCommand.Expn(string("abc", 0, 3));
            default:
                return one(List.of(
                        SmtpCommand.Plain.DATA,
                        SmtpCommand.Plain.RSET,
                        SmtpCommand.Plain.NOOP,
                        SmtpCommand.Plain.QUIT,
                        SmtpCommand.Plain.HELP,
                        SmtpCommand.Plain.STARTTLS,
                        new SmtpCommand.Unknown("ETRN"),
                        new SmtpCommand.Unknown("HOST:", SmtpCommand.Origin.FOREIGN)));
        }
    }

    private SmtpCommand mail() {
        MailAddress mailbox = random.nextInt(4) == 0 ? null : address();
        boolean smtpUtf8 = random.nextBoolean() || (mailbox != null && !mailbox.isAscii());
        long size = random.nextBoolean() ? -1 : random.nextLong() >>> 1;
        BodyType body = random.nextBoolean() ? null : one(List.of(BodyType.values()));
        return new SmtpCommand.Mail(
                new ReversePath(mailbox),
                new MailParameters(size, body, smtpUtf8, maybe(one(List.of("FULL", "HDRS"))), maybe(xtext(90))));
    }

    /** Words of SMTP in no order, with some octets of chance. */
    String line() {
        StringBuilder line = new StringBuilder();
        int words = random.nextInt(9);
        for (int i = 0; i < words; i++) {
            line.append(random.nextInt(12) == 0 ? String.valueOf((char) (1 + random.nextInt(254))) : one(TOKENS));
        }
        return line.toString().replace("\r", "").replace("\n", "");
    }

    SmtpReply reply() {
        int code = 200 + random.nextInt(400);
        boolean may = code / 100 != 3;
        EnhancedStatus enhanced = may && random.nextBoolean()
                ? EnhancedStatus.of(code / 100, random.nextInt(1000), random.nextInt(1000))
                : null;
        List<String> lines = new ArrayList<>();
        do {
            // A letter in front, so that the text is not taken for an enhanced code.
            lines.add(random.nextInt(5) == 0 ? "" : "t" + string(TEXT, 0, 60));
        } while (random.nextInt(3) == 0);
        return new SmtpReply(code, enhanced, lines);
    }

    /** A line that is nearly a reply's. */
    byte[] replyLine() {
        String head = one(
                List.of("250", "250-", "250 ", "550 5.1.1 ", "550-5.1.1", "550-5.1.1 ", "354 ", "199 ", "25", "25x "));
        byte[] line = new byte[head.length() + random.nextInt(20)];
        for (int i = 0; i < line.length; i++) {
            line[i] = (byte) (i < head.length() ? head.charAt(i) : random.nextInt(256));
        }
        return line;
    }
}
