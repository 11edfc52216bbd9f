package io.countersign.command;

import io.countersign.dns.ClientName;
import io.countersign.journal.JournalReader.CalloutStory;
import io.countersign.journal.Story;
import io.countersign.journal.Telling;
import io.countersign.journal.TransactionRecord.Stamp;
import io.countersign.verdict.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A story as text for a terminal. Texts of strangers are made printable: nothing in them moves a cursor. */
final class TracedStory {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss xxx", Locale.ROOT).withZone(ZoneId.systemDefault());
    private static final int MOST_RECIPIENTS = 20;

    private TracedStory() {}

    static String time(Instant at) {
        return TIME.format(at);
    }

    /** @param callouts null when they were not asked for */
    static List<String> lines(Story s, @Nullable List<CalloutStory> callouts) {
        List<String> lines = new ArrayList<>();
        Telling telling = Telling.of(s);
        lines.add(time(s.at()) + "  " + s.outcome().name() + "  " + s.id());
        lines.add("  " + printable(telling.what()));
        if (telling.side() != Telling.Side.NOBODY) {
            add(lines, "cause", "on the side of: " + telling.side().words());
        }
        if (!telling.advice().isEmpty()) {
            add(lines, "advice", telling.advice());
        }
        add(lines, "from", s.from() + verdict(s));
        recipients(lines, s);
        client(lines, s.client());
        if (s.size() > 0 || s.messageId() != null) {
            add(lines, "message", size(s.size()) + (s.messageId() == null ? "" : "  " + s.messageId()));
        }
        if (s.reply() != null) {
            add(lines, "we said", s.reply());
        }
        if (s.mtaReply() != null && !s.mtaReply().equals(s.reply())) {
            add(lines, "MTA said", s.mtaReply());
        }
        if (s.sender().rule() != null) {
            add(lines, "rule", s.sender().rule());
        }
        for (String rule : s.wouldHave()) {
            add(lines, "monitor", "enforcing would have refused it: " + rule);
        }
        for (Story.Late late : s.late()) {
            add(lines, "later", late(late));
        }
        if (!s.notes().isEmpty()) {
            add(
                    lines,
                    "notes",
                    String.join(
                            ", ",
                            s.notes().stream()
                                    .map(n -> n.name().toLowerCase(Locale.ROOT).replace('_', ' '))
                                    .sorted()
                                    .toList()));
        }
        add(lines, "took", took(s));
        if (callouts != null) {
            dialogue(lines, callouts);
        }
        return lines;
    }

    private static void add(List<String> lines, String name, String value) {
        lines.add("  " + name + " ".repeat(Math.max(1, 10 - name.length())) + printable(value));
    }

    private static String verdict(Story s) {
        Verdict v = s.sender().verdict();
        String spf = s.sender().spf() == null ? "" : ", spf " + s.sender().spf().word();
        if (v == null) {
            return spf.isEmpty() ? "" : "  (" + spf.substring(2) + ")";
        }
        return "  (" + v.kind().word() + ": " + v.reason().word() + source(v) + spf + ")";
    }

    private static String source(Verdict v) {
        return switch (v.source()) {
            case CALLOUT -> ", asked just then";
            case CACHE -> ", known for " + age(v.age());
            case STALE -> ", known for " + age(v.age()) + ", asked again meanwhile";
            case RULE ->
                v.evidence().detail().isEmpty() ? "" : ", " + v.evidence().detail();
        };
    }

    private static void recipients(List<String> lines, Story s) {
        for (int i = 0; i < s.recipients().size() && i < MOST_RECIPIENTS; i++) {
            Story.Recipient r = s.recipients().get(i);
            add(lines, "to", r.path() + "  " + r.reply() + (r.rule() == null ? "" : "  [" + r.rule() + "]"));
        }
        if (s.recipients().size() > MOST_RECIPIENTS) {
            add(lines, "", "and " + (s.recipients().size() - MOST_RECIPIENTS) + " more (--json has all)");
        }
    }

    private static void client(List<String> lines, Story.Client c) {
        StringBuilder text = new StringBuilder(c.address());
        if (c.nameResult() == ClientName.Result.PASS) {
            text.append(' ').append(c.name());
        } else if (c.nameResult() != null) {
            text.append(" (reverse DNS: ").append(c.nameResult().name().toLowerCase(Locale.ROOT));
            text.append(c.name() == null ? "" : ", " + c.name()).append(')');
        }
        text.append(c.helo().isEmpty() ? "" : ", HELO " + c.helo());
        text.append(c.tls() == null ? ", no TLS" : ", " + c.tls());
        add(lines, "client", text.toString());
    }

    private static String late(Story.Late late) {
        Verdict v = late.verdict();
        return (v == null
                        ? ""
                        : "the sender was found " + v.kind().word() + " ("
                                + v.reason().word() + ")")
                + (v != null && late.wouldHaveRefused() ? "; " : "")
                + (late.wouldHaveRefused() ? "enforcing would have refused it: " + late.rule() : "");
    }

    private static String took(Story s) {
        StringBuilder text = new StringBuilder(s.took().toMillis() + " ms");
        String separator = " (";
        for (Stamp stamp : Stamp.values()) {
            Duration at = s.timings().get(stamp);
            if (at != null) {
                text.append(separator).append(words(stamp)).append(" at ").append(at.toMillis());
                separator = ", ";
            }
        }
        return separator.equals(", ") ? text.append(')').toString() : text.toString();
    }

    private static String words(Stamp stamp) {
        return switch (stamp) {
            case RECIPIENT -> "recipients";
            case SENDER -> "sender";
            case CONTENT -> "go-ahead";
            case CONTENT_END -> "content";
            case ANSWER -> "answer";
        };
    }

    private static void dialogue(List<String> lines, List<CalloutStory> callouts) {
        if (callouts.isEmpty()) {
            add(lines, "dialogue", "none: nobody was asked, or it is no longer kept");
        }
        for (CalloutStory c : callouts) {
            Verdict v = c.verdict();
            String exchanger = v.evidence().exchanger() == null
                    ? ""
                    : " at " + v.evidence().exchanger();
            String address =
                    v.evidence().address() == null ? "" : " [" + v.evidence().address() + "]";
            add(
                    lines,
                    "asked",
                    c.address() + exchanger + address + ", " + time(v.at()) + ": "
                            + v.kind().word() + " (" + v.reason().word() + ")");
            v.evidence().dialogue().forEach(line -> lines.add("    " + printable(line)));
        }
    }

    private static String size(long octets) {
        return octets < 10_000
                ? octets + " B"
                : octets < 10_000_000 ? octets / 1000 + " kB" : octets / 1_000_000 + " MB";
    }

    static String age(Duration age) {
        long minutes = age.toMinutes();
        return minutes < 2
                ? age.toSeconds() + " s"
                : minutes < 120 ? minutes + " min" : minutes < 48 * 60 ? minutes / 60 + " h" : minutes / 1440 + " d";
    }

    private static String printable(String text) {
        return text.codePoints()
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
