package io.countersign.diagnosis;

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
