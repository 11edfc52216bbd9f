package io.countersign.admin.http;

import java.util.function.Consumer;

/**
 * A stream of events ({@code text/event-stream}).
 *
 * @param begin gets the listener once the head of the response is out, on the server's event loop
 */
public record EventStream(Consumer<Listener> begin) implements Answer {
    /** One who listens. Any thread. */
    public interface Listener {
        /**
         * Sends one event. A listener that does not keep up is cut off rather than waited for.
         *
         * @param data one line
         */
        void send(String event, String data);

        /** Called once when it has gone, on the server's event loop; at once where it is gone already. */
        void whenGone(Runnable action);

        /** Ends it. */
        void close();
    }
}
