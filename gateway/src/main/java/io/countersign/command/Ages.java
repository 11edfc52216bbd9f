package io.countersign.command;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Times as they are written behind {@code --since}. */
final class Ages {
    private static final Pattern AGO = Pattern.compile("(\\d{1,6})([smhdw])");

    private Ages() {}

    static Instant since(String text, Instant now, CommandLine line) {
        Matcher m = AGO.matcher(text);
        if (m.matches()) {
            long number = Long.parseLong(m.group(1));
            return now.minus(
                    switch (m.group(2)) {
                        case "s" -> Duration.ofSeconds(number);
                        case "m" -> Duration.ofMinutes(number);
                        case "h" -> Duration.ofHours(number);
                        case "d" -> Duration.ofDays(number);
                        default -> Duration.ofDays(7 * number);
                    });
        }
        try {
            return text.indexOf('T') > 0
                    ? Instant.parse(text)
                    : LocalDate.parse(text).atStartOfDay(ZoneId.systemDefault()).toInstant();
        } catch (DateTimeException noTime) {
            throw new ParameterException(
                    line,
                    "--since is an age (30m, 12h, 2d, 1w), a date (2026-03-01) or a time (2026-03-01T12:00:00Z)",
                    noTime);
        }
    }
}
