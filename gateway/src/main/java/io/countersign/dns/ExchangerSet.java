package io.countersign.dns;

import java.util.List;

/** Where mail for a domain goes (RFC 5321 §5.1, RFC 7505). */
public sealed interface ExchangerSet {
    enum Kind {
        FOUND,
        NO_SUCH_DOMAIN,
        NULL_MX,
        UNUSABLE,
        FAILED
    }

    Kind kind();

    /**
     * @param exchangers host names in the order to be tried (preference; equal ones shuffled), at least one, capped; the domain
     *     itself when there is no MX but an address (implicit MX)
     */
    record Found(List<String> exchangers) implements ExchangerSet {
        public Found {
            exchangers = List.copyOf(exchangers);
        }

        @Override
        public Kind kind() {
            return Kind.FOUND;
        }
    }

    /** NXDOMAIN, or neither MX nor A nor AAAA with all three answered. */
    record NoSuchDomain(String detail) implements ExchangerSet {
        @Override
        public Kind kind() {
            return Kind.NO_SUCH_DOMAIN;
        }
    }

    record NullMx() implements ExchangerSet {
        @Override
        public Kind kind() {
            return Kind.NULL_MX;
        }
    }

    /** There are MX records, but none names anything that could be looked up (literals, the root among others, localhost). */
    record Unusable(String detail) implements ExchangerSet {
        @Override
        public Kind kind() {
            return Kind.UNUSABLE;
        }
    }

    record Failed(String why) implements ExchangerSet {
        @Override
        public Kind kind() {
            return Kind.FAILED;
        }
    }
}
