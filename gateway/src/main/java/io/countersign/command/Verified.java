package io.countersign.command;

import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An address, the verdict about it, and how long that took. */
record Verified(MailAddress address, Verdict verdict, Duration took) {

    /** For people: the address and the verdict, then what they rest on. */
    List<String> lines() {
        Map<String, String> facts = new LinkedHashMap<>();
        Evidence evidence = verdict.evidence();
        facts.put("stage", verdict.stage() == null ? "" : verdict.stage().word());
        facts.put("exchanger", exchanger(evidence));
        facts.put("reply", text(evidence.reply()));
        facts.put("note", evidence.detail());
        facts.put("time", took.toMillis() + " ms");
        List<String> lines = new ArrayList<>();
        lines.add(address.text() + ": " + verdict.kind().word() + " ("
                + verdict.reason().word() + ")");
        facts.forEach((name, value) -> {
            if (!value.isEmpty()) {
                lines.add("  " + name + " ".repeat(11 - name.length()) + value);
            }
        });
        return lines;
    }

    private static String exchanger(Evidence evidence) {
        String name = text(evidence.exchanger());
        String address = text(evidence.address());
        return address.isEmpty() ? name : name + " [" + address + "]";
    }

    /** For programs; the keys are always all there. */
    Map<String, @Nullable Object> json() {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        Evidence evidence = verdict.evidence();
        object.put("address", address.text());
        object.put("kind", verdict.kind().word());
        object.put("reason", verdict.reason().word());
        object.put("stage", verdict.stage() == null ? null : verdict.stage().word());
        object.put("source", verdict.source().word());
        object.put("exchanger", evidence.exchanger());
        object.put("exchanger_address", evidence.address());
        object.put("reply", evidence.reply());
        object.put("detail", evidence.detail());
        object.put("at", verdict.at().toString());
        object.put("milliseconds", took.toMillis());
        object.put("dialogue", evidence.dialogue());
        return object;
    }

    private static String text(@Nullable String maybe) {
        return maybe == null ? "" : maybe;
    }
}
