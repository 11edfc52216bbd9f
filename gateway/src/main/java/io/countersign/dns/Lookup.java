package io.countersign.dns;

import java.time.Duration;
import java.util.List;

/** The answer to one DNS question; failures are values. Names are lower case without the trailing dot. */
public sealed interface Lookup<T> {
    enum Kind {
        FOUND,
        NO_SUCH_NAME,
        NO_DATA,
        FAILED
    }

    Kind kind();

    /** How long it may be kept: bounded both ways, zero for failures. */
    Duration ttl();

    /** @param records at least one, in the order of the answer */
    record Found<T>(List<T> records, Duration ttl) implements Lookup<T> {
        public Found {
            records = List.copyOf(records);
        }

        @Override
        public Kind kind() {
            return Kind.FOUND;
        }
    }

    /** NXDOMAIN. */
    record NoSuchName<T>(Duration ttl) implements Lookup<T> {
        @Override
        public Kind kind() {
            return Kind.NO_SUCH_NAME;
        }
    }

    /** The name exists but has no such record. */
    record NoData<T>(Duration ttl) implements Lookup<T> {
        @Override
        public Kind kind() {
            return Kind.NO_DATA;
        }
    }

    /** SERVFAIL, REFUSED, FORMERR, time-out, nonsense, too many questions in flight: nobody's fault but the path's. @param why for logs */
    record Failed<T>(String why) implements Lookup<T> {
        @Override
        public Kind kind() {
            return Kind.FAILED;
        }

        @Override
        public Duration ttl() {
            return Duration.ZERO;
        }
    }
}
