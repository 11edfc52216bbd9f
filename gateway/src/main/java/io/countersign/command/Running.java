package io.countersign.command;

import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader.Loaded;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A running gateway, as the commands see it. */
public interface Running extends AutoCloseable {
    /** Starts one. */
    @FunctionalInterface
    interface Starter {
        /** @throws IOException with words for the operator */
        Running start(Loaded.Ok configuration) throws IOException;
    }

    List<InetSocketAddress> addresses();

    Settings settings();

    void reload(Loaded.Ok fresh) throws IOException;

    /** What whoever has started it at a terminal should read; may hold a secret, and does not belong into a log. */
    List<String> welcome();

    CompletableFuture<Void> drain(Duration within);

    @Override
    void close();
}
