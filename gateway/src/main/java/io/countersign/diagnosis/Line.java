package io.countersign.diagnosis;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One line of a report.
 *
 * @param about which exchanger, address or name; may be empty
 * @param seen what was seen, printable, in words
 * @param fault what is wrong; null when nothing is
 */
public record Line(
        Check check, String about, String seen, @Nullable Fault fault) {
    static Line ok(Check check, String about, String seen) {
        return new Line(check, about, Plain.text(seen), null);
    }

    static Line of(Fault fault, String about, String seen) {
        return new Line(fault.check(), about, Plain.text(seen), fault);
    }

    /** As JSON shows it. */
    Map<String, @Nullable Object> view() {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("level", level().name());
        view.put("check", check.word());
        view.put("about", about);
        view.put("seen", seen);
        view.put("fault", fault == null ? null : fault.word());
        view.put("answered", isAnswered());
        view.put("remedy", remedy());
        return view;
    }

    /** Reads what {@link #view} shows. @throws IllegalArgumentException when it is something else */
    static Line of(Map<?, ?> view) {
        if (!(view.get("about") instanceof String about) || !(view.get("seen") instanceof String seen)) {
            throw new IllegalArgumentException("no line of a report");
        }
        Object fault = view.get("fault");
        return new Line(
                named(Check.values(), Check::word, view.get("check")),
                Plain.text(about),
                Plain.text(seen),
                fault == null ? null : named(Fault.values(), Fault::word, fault));
    }

    private static <E> E named(E[] all, Function<E, String> word, @Nullable Object wanted) {
        return Arrays.stream(all)
                .filter(one -> word.apply(one).equals(wanted))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("an unknown word"));
    }

    public Level level() {
        return fault == null ? Level.OK : fault.level();
    }

    /** What a postmaster can do, in one sentence; empty when nothing is wrong. */
    public String remedy() {
        return fault == null ? "" : fault.remedy();
    }

    /** False when it could not be found out: then the line says nothing against the domain. */
    public boolean isAnswered() {
        return fault == null || !fault.isOpen();
    }
}
