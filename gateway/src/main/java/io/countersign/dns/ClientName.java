package io.countersign.dns;

import org.jspecify.annotations.Nullable;

/**
 * What reverse DNS said about a client (FCrDNS; {@code iprev} of RFC 8601 §2.7.3).
 *
 * @param name the confirmed name when {@code result} is PASS; the unconfirmed first PTR name when it is FAIL; else null
 */
public record ClientName(Result result, @Nullable String name, String detail) {
    public enum Result {
        /** A PTR name leads back to the address. */
        PASS,
        /** No PTR record. */
        NONE,
        /** PTR names, none of which leads back. */
        FAIL,
        /** It could not be found out. */
        TEMPERROR
    }
}
