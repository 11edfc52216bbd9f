package io.countersign.command;

import io.countersign.journal.JournalReader.WouldHave;
import io.countersign.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What enforcing would have refused, for people and for programs. Texts of strangers come clean from the journal. */
final class WouldHaveRefused {
    /** Lines before the first group. */
    static final int HEAD = 3;

    private WouldHaveRefused() {}

    /** @param groups most messages first; not empty */
    static List<String> lines(List<WouldHave> groups, Instant since) {
        int messages = groups.stream().mapToInt(WouldHave::messages).sum();
        int good = groups.stream().mapToInt(WouldHave::provedGood).sum();
        List<String> lines = new ArrayList<>();
        lines.add("Since " + TracedStory.time(since) + " enforcing would have refused " + messages + " message(s); "
                + good + " of their senders proved good later.");
        lines.add("");
        lines.add("messages  senders  proved good  newest         domain and rule");
        for (WouldHave group : groups) {
            lines.add("%8d  %7d  %11d  %-13s  %s  %s"
                    .formatted(
                            group.messages(),
                            group.senders(),
                            group.provedGood(),
                            group.example(),
                            group.domain(),
                            group.rule()));
        }
        return lines;
    }

    /** The same as the admin interface tells. */
    static String json(WouldHave group) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        object.put("rule", group.rule());
        object.put("domain", group.domain());
        object.put("messages", group.messages());
        object.put("senders", group.senders());
        object.put("proved_good", group.provedGood());
        object.put("example", group.example());
        object.put("last", group.last().toString());
        return Json.of(object);
    }
}
