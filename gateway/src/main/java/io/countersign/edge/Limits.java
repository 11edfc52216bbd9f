package io.countersign.edge;

/** Names of the limits a client can strike, as they stand in replies, logs and metrics. */
enum Limits {
    CONNECTIONS("listen.limits.connections"),
    CONNECTIONS_PER_CLIENT("listen.limits.connections-per-client"),
    MESSAGE_SIZE("listen.limits.message-size"),
    RECIPIENTS("listen.limits.recipients"),
    TRANSACTIONS("listen.limits.transactions"),
    ERRORS("listen.limits.errors"),
    IDLE("listen.limits.idle"),
    DATA_RATE("listen.limits.data-rate"),
    UNKNOWN_RECIPIENTS_DELAY("listen.limits.unknown-recipients.delay"),
    UNKNOWN_RECIPIENTS_REFUSE("listen.limits.unknown-recipients.refuse"),
    JUNK_COMMANDS("junk-commands"),
    PROXY_HEADER("proxy-header"),
    HANDSHAKE("tls-handshake"),
    DRAIN("drain");

    private final String key;

    Limits(String key) {
        this.key = key;
    }

    String key() {
        return key;
    }
}
