package io.countersign;

import io.countersign.config.Settings;
import java.util.List;
import java.util.function.Supplier;

/** The settings in force: replaced whole on reload, read by everybody; with the exemptions of the moment. Thread-safe. */
final class SharedSettings implements Supplier<Settings> {
    private Settings written;
    private List<String> exempt = List.of();
    private volatile Settings now;

    SharedSettings(Settings initial) {
        written = initial;
        now = initial;
    }

    @Override
    public Settings get() {
        return now;
    }

    synchronized void set(Settings fresh) {
        written = fresh;
        now = fresh.exempting(exempt);
    }

    /** From now on, besides what is written. @param senders patterns as in {@code exempt.senders} */
    synchronized void exempt(List<String> senders) {
        exempt = senders;
        now = written.exempting(senders);
    }
}
