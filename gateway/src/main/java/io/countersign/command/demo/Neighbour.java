package io.countersign.command.demo;

/**
 * A site that sends us mail.
 *
 * @param client the address its mail comes from
 */
record Neighbour(String domain, String client) {
    /** What its mail server calls itself. */
    String clientName() {
        return "mail." + domain;
    }

    String address(String localPart) {
        return localPart + "@" + domain;
    }
}
