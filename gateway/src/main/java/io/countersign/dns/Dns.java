package io.countersign.dns;

import java.net.InetAddress;
import reactor.core.publisher.Mono;

/**
 * Questions to the resolver. Answers are cached by their TTL (bounded), equal questions in flight are asked once, questions in
 * flight are capped, and each has the configured deadline. A Mono never fails and never blocks; it may complete on any
 * thread. Cancelling drops the interest of that subscriber only.
 */
public interface Dns {
    /** MX records as they are, unsorted; {@code target} is {@code "."} for the root. */
    Mono<Lookup<MxRecord>> mx(String name);

    /** A records. */
    Mono<Lookup<InetAddress>> ipv4(String name);

    /** AAAA records. */
    Mono<Lookup<InetAddress>> ipv6(String name);

    /** PTR targets of the address: only such as consist of letters, digits, hyphens, dots (and underscores). */
    Mono<Lookup<String>> ptr(InetAddress address);

    /** TXT records, their character strings joined without blanks. */
    Mono<Lookup<String>> txt(String name);

    record MxRecord(int preference, String target) {}
}
