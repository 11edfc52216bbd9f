package io.countersign.journal;

import io.countersign.journal.TransactionRecord.Note;
import io.countersign.journal.TransactionRecord.Stamp;
import io.countersign.journal.TransactionRecord.Timings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How lists, sets and enumerations stand in a column, and back. */
final class Words {
    /** Characters of all recipients of one record; what is beyond is left out, and its number noted. */
    private static final int RECIPIENTS_LIMIT = 100_000;

    private Words() {}

    static String of(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Null for a word of another version. */
    static <E extends Enum<E>> @Nullable E constant(Class<E> type, @Nullable String word) {
        if (word != null) {
            for (E constant : type.getEnumConstants()) {
                if (of(constant).equals(word)) {
                    return constant;
                }
            }
        }
        return null;
    }

    /** A line each: path, reply and rule with tabs between them; cleaned texts hold neither. */
    static String recipients(List<TransactionRecord.Recipient> recipients) {
        StringBuilder out = new StringBuilder(64 * recipients.size());
        for (int i = 0; i < recipients.size(); i++) {
            TransactionRecord.Recipient r = recipients.get(i);
            if (out.length() > RECIPIENTS_LIMIT) {
                out.append("and ").append(recipients.size() - i).append(" more\t\t\n");
                break;
            }
            out.append(Clean.text(r.path()))
                    .append('\t')
                    .append(Clean.text(r.reply().toString()))
                    .append('\t');
            if (r.rule() != null) {
                out.append(Clean.text(r.rule()));
            }
            out.append('\n');
        }
        return out.toString();
    }

    static List<Story.Recipient> recipients(String column) {
        List<Story.Recipient> recipients = new ArrayList<>(2);
        for (String line : column.split("\n")) {
            String[] parts = line.split("\t", 3);
            if (parts.length == 3) {
                recipients.add(new Story.Recipient(parts[0], parts[1], parts[2].isEmpty() ? null : parts[2]));
            }
        }
        return recipients;
    }

    static String lines(List<String> texts) {
        StringBuilder out = new StringBuilder(64 * texts.size());
        for (String text : texts) {
            out.append(Clean.text(text)).append('\n');
        }
        return out.toString();
    }

    static List<String> lines(@Nullable String column) {
        return column == null || column.isEmpty() ? List.of() : List.of(column.split("\n"));
    }

    static String notes(Set<Note> notes) {
        if (notes.isEmpty()) {
            return "";
        }
        StringBuilder out = new StringBuilder(32);
        for (Note note : Note.values()) {
            if (notes.contains(note)) {
                out.append(out.isEmpty() ? "" : " ").append(of(note));
            }
        }
        return out.toString();
    }

    static Set<Note> notes(String column) {
        Set<Note> notes = EnumSet.noneOf(Note.class);
        for (String word : column.split(" ")) {
            Note note = constant(Note.class, word);
            if (note != null) {
                notes.add(note);
            }
        }
        return notes;
    }

    /** {@code recipient=1200 answer=5400}, in microseconds. */
    static String timings(Timings timings) {
        StringBuilder out = new StringBuilder(80);
        for (Stamp stamp : Stamp.values()) {
            long nanos = timings.nanos(stamp);
            if (nanos >= 0) {
                out.append(out.isEmpty() ? "" : " ")
                        .append(of(stamp))
                        .append('=')
                        .append(nanos / 1000);
            }
        }
        return out.toString();
    }

    static Map<Stamp, Duration> timings(String column) {
        Map<Stamp, Duration> timings = new EnumMap<>(Stamp.class);
        for (String pair : column.split(" ")) {
            int equals = pair.indexOf('=');
            Stamp stamp = equals < 0 ? null : constant(Stamp.class, pair.substring(0, equals));
            if (stamp != null) {
                timings.put(stamp, Duration.ofNanos(1000 * Long.parseLong(pair.substring(equals + 1))));
            }
        }
        return timings;
    }
}
