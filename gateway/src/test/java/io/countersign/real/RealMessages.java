package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;

/** Messages worth sending through real servers, and how what arrived is held against them. */
final class RealMessages {
    private static final Pattern FIELD = Pattern.compile("[!-9;-~]+:.*");

    private RealMessages() {}

    static byte[] sevenBit() {
        return utf8(
                "Subject: seven bits\r\nFrom: <a@sender.test>\r\nMessage-ID: <7@sender.test>\r\nDate: Mon, 23 Nov 2026 12:00:00"
                        + " +0000\r\n\r\nHello,\r\n\r\nplain text, with a tab\there and trailing blanks   \r\n\r\n\r\n");
    }

    static byte[] eightBit() {
        return utf8(
                "Subject: eight bits\r\nFrom: <a@sender.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                        + "Content-Transfer-Encoding: 8bit\r\n\r\nGrüße aus Köln, Łódź und 東京\r\n");
    }

    static byte[] smtpUtf8() {
        return utf8(
                "Subject: Grüße\r\nFrom: Jürgen <jürgen@sender.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain;"
                        + " charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHeader and body beyond ASCII: ü\r\n");
    }

    /** Dots wherever one may be taken for the end, or lost. */
    static byte[] dotLaden() {
        return utf8(
                "Subject: dots\r\nFrom: <a@sender.test>\r\n\r\n.\r\n..\r\n...\r\n.a\r\na.\r\n . \r\n.\t\r\n..leading\r\n\r\n.\r\n.\r\n"
                        + ".QUIT\r\n");
    }

    static byte[] empty() {
        return new byte[0];
    }

    /** Of exactly so many octets, in lines of different lengths, many beginning with a dot. */
    static byte[] large(int octets) {
        byte[] head = utf8("Subject: large\r\nFrom: <a@sender.test>\r\n\r\n");
        byte[] message = Arrays.copyOf(head, octets);
        Random random = new Random(octets);
        int at = head.length;
        while (at < octets) {
            int line = Math.min(random.nextInt(2, 900), octets - at);
            if (octets - at - line < 3) {
                line = octets - at;
            }
            for (int i = at; i < at + line - 2; i++) {
                message[i] = (byte) ('A' + random.nextInt(26)); // no backslash: swaks takes \\n for a line end
            }
            if (line > 6 && random.nextInt(4) == 0) {
                message[at] = '.';
            }
            message[at + line - 2] = '\r';
            message[at + line - 1] = '\n';
            at += line;
        }
        return message;
    }

    /**
     * What arrived is what was sent, octet for octet (line ends as files have them), behind nothing but whole header fields.
     *
     * @return those header fields, unfolded
     */
    static List<String> assertArrived(byte[] arrived, byte[] sent) {
        byte[] expected = lineFeeds(sent);
        int before = arrived.length - expected.length;
        assertThat(before).as("length of what was added").isPositive();
        assertThat(Arrays.equals(arrived, before, arrived.length, expected, 0, expected.length))
                .as(() -> "arrived as sent; it arrived as\n" + excerpt(arrived))
                .isTrue();
        String added = new String(arrived, 0, before, StandardCharsets.UTF_8);
        List<String> fields =
                added.replaceAll("\n[ \t]+", " ").stripTrailing().lines().toList();
        assertThat(fields)
                .as("what was added")
                .allMatch(field -> FIELD.matcher(field).matches());
        return fields;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] lineFeeds(byte[] message) {
        byte[] result = new byte[message.length];
        int length = 0;
        for (byte octet : message) {
            if (octet != '\r') {
                result[length++] = octet;
            }
        }
        return Arrays.copyOf(result, length);
    }

    private static String excerpt(byte[] message) {
        return new String(message, 0, Math.min(message.length, 4000), StandardCharsets.UTF_8);
    }
}
