package io.countersign.relay;

import io.countersign.smtp.Capabilities;
import io.netty.channel.EventLoop;
import java.util.Optional;

/** The MTA behind us, as the edge and the checks see it. Thread-safe; transactions belong to the event loop they were begun on. */
public interface Mta {
    /**
     * The MTA's last EHLO: learnt at start, kept while it is down and over restarts. Empty when it was never seen. A volatile
     * read: cheap enough for each EHLO of a client.
     */
    Optional<Capabilities> capabilities();

    /** Opens a transaction; costs nothing until the first recipient. All its methods and callbacks run on {@code loop}. */
    MtaTransaction begin(ClientIdentity client, EventLoop loop);

    /** Whether the MTA can be reached as far as we know now. */
    Health health();

    enum Health {
        /** Never tried, or being tried. */
        UNKNOWN,
        UP,
        /** The last attempt failed, or the breaker is open. */
        DOWN
    }
}
