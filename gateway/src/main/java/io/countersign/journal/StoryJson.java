package io.countersign.journal;

import io.countersign.journal.JournalReader.CalloutStory;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Verdict;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Stories as maps, lists, texts, numbers and booleans, for a JSON writer. The same for {@code trace --json} and the admin interface;
 * every key is always there. Times are RFC 3339, durations milliseconds or microseconds as the key says, sizes octets.
 */
public final class StoryJson {
    private StoryJson() {}

    public static Map<String, @Nullable Object> of(Story s) {
        Telling telling = Telling.of(s);
        Map<String, @Nullable Object> o = new LinkedHashMap<>();
        o.put("id", s.id());
        o.put("session", s.sessionId());
        o.put("position", s.position());
        o.put("at", time(s.at()));
        o.put("decision", Words.of(s.outcome()));
        o.put("summary", telling.what());
        o.put("side", telling.side().name().toLowerCase(Locale.ROOT));
        o.put("advice", telling.advice());
        o.put("client", client(s.client()));
        o.put("from", s.from());
        o.put("recipients", s.recipients().stream().map(StoryJson::recipient).toList());
        o.put("sender", sender(s.sender()));
        o.put("reply", s.reply());
        o.put("mta_reply", s.mtaReply());
        o.put("queue_id", s.queueId());
        o.put("message_id", s.messageId());
        o.put("size", s.size());
        o.put("milliseconds", s.took().toMillis());
        Map<String, @Nullable Object> timings = new LinkedHashMap<>();
        for (TransactionRecord.Stamp stamp : TransactionRecord.Stamp.values()) {
            timings.put(
                    Words.of(stamp).replace('-', '_') + "_microseconds",
                    s.timings().containsKey(stamp)
                            ? Long.valueOf(s.timings().get(stamp).toNanos() / 1000)
                            : null);
        }
        o.put("timings", timings);
        o.put("notes", s.notes().stream().map(Words::of).sorted().toList());
        o.put("possible_duplicate", s.notes().contains(TransactionRecord.Note.POSSIBLE_DUPLICATE));
        o.put("would_have", s.wouldHave());
        o.put("late", s.late().stream().map(StoryJson::late).toList());
        return o;
    }

    private static Map<String, @Nullable Object> client(Story.Client c) {
        Map<String, @Nullable Object> o = new LinkedHashMap<>();
        o.put("address", c.address());
        o.put("name", c.name());
        o.put("iprev", c.nameResult() == null ? null : Words.of(c.nameResult()));
        o.put("iprev_detail", c.nameDetail());
        o.put("helo", c.helo());
        o.put("tls", c.tls());
        return o;
    }

    private static Map<String, @Nullable Object> recipient(Story.Recipient r) {
        Map<String, @Nullable Object> o = new LinkedHashMap<>();
        o.put("path", r.path());
        o.put("reply", r.reply());
        o.put("rule", r.rule());
        return o;
    }

    private static Map<String, @Nullable Object> sender(Story.Sender s) {
        Map<String, @Nullable Object> o = new LinkedHashMap<>();
        o.put("verdict", s.verdict() == null ? null : verdict(s.verdict()));
        o.put("spf", s.spf() == null ? null : s.spf().word());
        o.put("action", s.action() == null ? null : Words.of(s.action()));
        o.put("rule", s.rule());
        return o;
    }

    private static Map<String, @Nullable Object> late(Story.Late l) {
        Map<String, @Nullable Object> o = new LinkedHashMap<>();
        o.put("at", time(l.at()));
        o.put("verdict", l.verdict() == null ? null : verdict(l.verdict()));
        o.put("action", Words.of(l.action()));
        o.put("rule", l.rule());
        return o;
    }

    /** Without the dialogue. */
    public static Map<String, @Nullable Object> verdict(Verdict v) {
        Evidence e = v.evidence();
        Map<String, @Nullable Object> o = new LinkedHashMap<>();
        o.put("kind", v.kind().word());
        o.put("reason", v.reason().word());
        o.put("stage", v.stage() == null ? null : v.stage().word());
        o.put("source", v.source().word());
        o.put("age_milliseconds", v.age().toMillis());
        o.put("at", time(v.at()));
        o.put("exchanger", e.exchanger());
        o.put("exchanger_address", e.address());
        o.put("reply", e.reply());
        o.put("detail", e.detail());
        return o;
    }

    /** With the dialogue, a line an element. */
    public static Map<String, @Nullable Object> callout(CalloutStory c) {
        Map<String, @Nullable Object> o = new LinkedHashMap<>();
        o.put("address", c.address());
        o.putAll(verdict(c.verdict()));
        o.put("dialogue", List.copyOf(c.verdict().evidence().dialogue()));
        return o;
    }

    private static String time(Instant at) {
        return at.toString();
    }
}
