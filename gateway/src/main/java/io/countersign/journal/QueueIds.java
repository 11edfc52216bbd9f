package io.countersign.journal;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The MTA's own name for a message, as its last reply tells it. */
final class QueueIds {
    private static final String ID = "([0-9A-Za-z][0-9A-Za-z.-]{3,63})";

    /** By how surely they mean it. */
    private static final List<Pattern> WORDINGS = List.of(
            Pattern.compile("\\bqueued as " + ID), // Postfix
            Pattern.compile("\\bid=" + ID), // Exim
            Pattern.compile("\\bInternalId=([0-9]{4,20})"), // Exchange
            Pattern.compile("\\bqp ([0-9]{2,20})"), // qmail
            Pattern.compile("\\b([0-9A-Za-z]{4,40}) Message accepted for delivery"), // Sendmail, OpenSMTPD
            Pattern.compile("(?i)\\bqueue(?:d)?(?:[ -]?id)?[ :=]+(?:as )?" + ID));

    private QueueIds() {}

    static Optional<String> in(String reply) {
        for (Pattern wording : WORDINGS) {
            Matcher m = wording.matcher(reply);
            if (m.find()) {
                String id = m.group(1);
                return Optional.of(id.endsWith(".") ? id.substring(0, id.length() - 1) : id);
            }
        }
        return Optional.empty();
    }
}
