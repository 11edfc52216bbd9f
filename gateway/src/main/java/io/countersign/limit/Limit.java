package io.countersign.limit;

/** Which of the limits said no; the words stand in evidence and as metric label. */
public enum Limit {
    /** Memory or file descriptors are short. */
    OVERLOAD("overload", Why.OVERLOADED),
    CONCURRENT("concurrent", Why.OVERLOADED),
    PER_DOMAIN_RATE("per-domain.rate", Why.RATE_LIMITED),
    PER_DOMAIN_CONCURRENT("per-domain.concurrent", Why.RATE_LIMITED),
    PER_EXCHANGER_RATE("per-exchanger.rate", Why.RATE_LIMITED),
    PER_EXCHANGER_CONCURRENT("per-exchanger.concurrent", Why.RATE_LIMITED),
    PER_NETWORK_RATE("per-network.rate", Why.RATE_LIMITED),
    PER_NETWORK_CONCURRENT("per-network.concurrent", Why.RATE_LIMITED),
    /** The exchanger failed too often of late. */
    BREAKER("breaker", Why.CIRCUIT_OPEN),
    /** The exchanger, or one of the domain's, said that it blocks us. */
    BLOCKED_US("blocked-us", Why.CIRCUIT_OPEN);

    /** The reasons of the same words. */
    public enum Why {
        RATE_LIMITED,
        CIRCUIT_OPEN,
        OVERLOADED
    }

    private final String word;
    private final Why why;

    Limit(String word, Why why) {
        this.word = word;
        this.why = why;
    }

    public String word() {
        return word;
    }

    public Why why() {
        return why;
    }
}
