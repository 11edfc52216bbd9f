package io.countersign.limit;

import java.time.Duration;

/** May we ask? */
public sealed interface Grant {
    enum Kind {
        GRANTED,
        REFUSED
    }

    Kind kind();

    /**
     * @param permit the caller's own: to be closed exactly when what it was for has ended, or cancelled before it began
     * @param after to be waited for before the permit is used, on the caller's own timer; zero mostly, at most what is left of
     *     {@code limits.wait}
     */
    record Granted(Permit permit, Duration after) implements Grant {
        @Override
        public Kind kind() {
            return Kind.GRANTED;
        }
    }

    /** @param detail for evidence and log: whose limit, in words; no text of a peer but domain, exchanger and address */
    record Refused(Limit limit, String detail) implements Grant {
        public Limit.Why why() {
            return limit.why();
        }

        @Override
        public Kind kind() {
            return Kind.REFUSED;
        }
    }
}
