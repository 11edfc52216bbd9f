package io.countersign.command;

import io.countersign.config.Settings;
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
        Running start(Settings settings) throws IOException;
    }

    List<InetSocketAddress> addresses();

    Settings settings();

    void reload(Settings fresh) throws IOException;

    CompletableFuture<Void> drain(Duration within);

    @Override
    void close();
}
