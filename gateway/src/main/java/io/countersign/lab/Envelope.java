package io.countersign.lab;

import java.util.List;

/**
 * Sender and accepted recipients of a message.
 *
 * @param from the path without its angle brackets
 * @param parameters what followed it, as sent
 */
public record Envelope(String from, String parameters, List<Recipient> recipients) {

    /** @param parameters what followed the path, as sent */
    public record Recipient(String path, String parameters) {}

    public Envelope {
        recipients = List.copyOf(recipients);
    }

    /** The recipients' paths in order. */
    public List<String> to() {
        return recipients.stream().map(Recipient::path).toList();
    }

    /** What stands behind the path of a MAIL or RCPT line. */
    static String parametersIn(String line) {
        return line.substring(line.lastIndexOf('>') + 1).strip();
    }
}
