package io.countersign.command;

import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import java.io.PrintWriter;

/** The settings of commands that ask without a configuration. */
final class Unconfigured {
    /** Where there is no configuration there is no domain of ours; one must be named, and nobody can have this one (RFC 2606). */
    private static final String DEFAULTS = "domains = [ \"nobody.invalid\" ]\n";

    private static final String NAMELESS = "hostname = \"unknown.invalid\"\n";

    private Unconfigured() {}

    /** Where this machine has no full name either, peers hear one that says so. */
    static Loaded load() {
        Loaded named = SettingsLoader.parse(DEFAULTS, "defaults");
        return named instanceof Loaded.Ok ? named : SettingsLoader.parse(DEFAULTS + NAMELESS, "defaults");
    }

    /** On standard error: the result alone goes to standard output. */
    static void sayWhoAsks(Settings settings, PrintWriter err) {
        String helo = settings.callout().helo();
        err.println("No configuration: asking with defaults, HELO " + helo
                + (helo.endsWith(".invalid")
                        ? ", because this machine has no full name. Some servers will refuse it."
                        : "."));
        err.flush();
    }
}
