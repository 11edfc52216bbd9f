package io.countersign.edge;

/** Names of the limits a client can strike, as they stand in replies, logs and metrics. */
enum Limits {
    CONNECTIONS("listen.limits.connections"),
    CONNECTIONS_PER_CLIENT("listen.limits.connections-per-client"),
    CONNECTIONS_PER_NETWORK("listen.limits.connections-per-network"),
    WAITING("listen.limits.waiting"),
    MESSAGE_SIZE("listen.limits.message-size"),
    RECIPIENTS("listen.limits.recipients"),
    TRANSACTIONS("listen.limits.transactions"),
    ERRORS("listen.limits.errors"),
    IDLE("listen.limits.idle"),
    DATA_RATE("listen.limits.data-rate"),
    UNKNOWN_RECIPIENTS_DELAY("listen.limits.unknown-recipients.delay"),
    UNKNOWN_RECIPIENTS_REFUSE("listen.limits.unknown-recipients.refuse"),
    JUNK_COMMANDS("listen.limits.junk-commands"),
    RECEIVED("listen.limits.received"),
    HEADER_SIZE("listen.limits.header-size"),
    LINE_LENGTH("line-length"),
    PROXY_HEADER("proxy-header"),
    HANDSHAKE("listen.limits.handshake"),
    OVERLOAD("overload"),
    NAME_WAIT("reverse-name-wait"),
    DRAIN("drain");

    private final String key;

    Limits(String key) {
        this.key = key;
    }

    String key() {
        return key;
    }
}
