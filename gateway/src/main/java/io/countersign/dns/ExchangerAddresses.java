package io.countersign.dns;

import java.net.InetAddress;
import java.util.List;

/** Where an exchanger can be reached. */
public sealed interface ExchangerAddresses {
    enum Kind {
        FOUND,
        NONE,
        REFUSED,
        FAILED
    }

    Kind kind();

    /**
     * @param addresses in dialling order, both families in turn, at least one, capped. Each was checked against the {@link
     *     ConnectPolicy}; these very objects are to be dialled, nothing is looked up again (a second answer could differ).
     */
    record Found(List<InetAddress> addresses) implements ExchangerAddresses {
        public Found {
            addresses = List.copyOf(addresses);
        }

        @Override
        public Kind kind() {
            return Kind.FOUND;
        }
    }

    /** No A and no AAAA record. */
    record None(String detail) implements ExchangerAddresses {
        @Override
        public Kind kind() {
            return Kind.NONE;
        }
    }

    /** Addresses, but none that may be connected to. @param detail names the first of them and why not */
    record Refused(String detail) implements ExchangerAddresses {
        @Override
        public Kind kind() {
            return Kind.REFUSED;
        }
    }

    /** DNS did not answer. */
    record Failed(String why) implements ExchangerAddresses {
        @Override
        public Kind kind() {
            return Kind.FAILED;
        }
    }
}
