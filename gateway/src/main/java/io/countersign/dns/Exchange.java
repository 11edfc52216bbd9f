package io.countersign.dns;

/** One query sent to one server, which may still be answered. Confined to its event loop. */
interface Exchange {
    NameServer server();

    Question.Edns edns();

    /** Gives up waiting; the listener hears nothing more. */
    void drop();

    /** Who waits for the answer; called on the event loop, at most once for an exchange, never from within the call that started it. */
    interface Listener {
        /** @param message octets whose id, question and sender fit */
        void answered(Exchange exchange, byte[] message);

        /** The answer does not fit into a datagram. */
        void truncated(Exchange exchange);

        /** There will be no answer. */
        void broken(Exchange exchange, String why);
    }
}
