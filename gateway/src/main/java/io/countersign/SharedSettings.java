package io.countersign;

import io.countersign.config.Settings;
import java.util.function.Supplier;

/** The settings in force: replaced whole on reload, read by everybody. Thread-safe. */
final class SharedSettings implements Supplier<Settings> {
    private volatile Settings now;

    SharedSettings(Settings initial) {
        now = initial;
    }

    @Override
    public Settings get() {
        return now;
    }

    void set(Settings fresh) {
        now = fresh;
    }
}
