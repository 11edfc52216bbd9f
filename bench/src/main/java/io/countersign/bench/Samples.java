package io.countersign.bench;

import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader;
import io.countersign.smtp.MailAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** Values that several benchmarks begin with. */
final class Samples {
    private Samples() {}

    /** The shipped configuration, with room for every verdict. */
    static Settings settings() {
        return settings("");
    }

    /** @param more of the configuration, in its own syntax */
    static Settings settings(String more) {
        String text = "domains = [ \"example.com\" ]\nhostname = \"mx.example.com\"\ncache.size = 256MiB\n" + more;
        SettingsLoader.Loaded loaded = SettingsLoader.parse(text, "bench.conf", Optional::empty);
        if (loaded instanceof SettingsLoader.Loaded.Ok ok) {
            return ok.settings();
        }
        throw new IllegalStateException(loaded.toString());
    }

    static MailAddress address(String text) {
        return MailAddress.parse(text).orElseThrow();
    }

    /** @param text an address: no name is looked up */
    static InetAddress inet(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException notAnAddress) {
            throw new IllegalStateException(notAnAddress);
        }
    }
}
