package io.countersign.lab;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which mailboxes a server has, as the reply it gives to RCPT for each. Local parts count as written, domains without
 * regard to case. {@code {}} in a reply stands for the path.
 *
 * <pre>{@code
 * Mailboxes.users("alice@b.test", "bob@b.test").but("full@b.test", Mailboxes.FULL)
 * }</pre>
 */
@FunctionalInterface
public interface Mailboxes {
    String OK = "250 2.1.5 Ok";
    String UNKNOWN = "550 5.1.1 <{}>: Recipient address rejected: User unknown in virtual mailbox table";
    String RELAY_DENIED = "554 5.7.1 <{}>: Relay access denied";
    String FULL = "452 4.2.2 <{}>: mailbox full";
    String DISABLED = "550 5.2.1 <{}>: mailbox disabled, not accepting messages";

    /** The reply to RCPT with this path (as between its angle brackets), one line. */
    String replyTo(String path);

    /** Those and {@code postmaster} exist; others in their domains do not; other domains are not served. */
    static Mailboxes users(String... users) {
        Set<String> known = Stream.of(users).map(Mailboxes::key).collect(Collectors.toUnmodifiableSet());
        Set<String> domains = known.stream().map(Mailboxes::domain).collect(Collectors.toUnmodifiableSet());
        return path -> {
            String key = key(path);
            boolean postmaster = key.toLowerCase(Locale.ROOT).startsWith("postmaster@") || !key.contains("@");
            if (known.contains(key) || postmaster && (key.indexOf('@') < 0 || domains.contains(domain(key)))) {
                return OK;
            }
            return domains.contains(domain(key)) ? UNKNOWN : RELAY_DENIED;
        };
    }

    /** Every address in those domains exists. */
    static Mailboxes domains(String... domains) {
        Set<String> served =
                Stream.of(domains).map(d -> d.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
        return path -> path.indexOf('@') < 0 || served.contains(domain(key(path))) ? OK : RELAY_DENIED;
    }

    static Mailboxes any() {
        return path -> OK;
    }

    /** The same reply for everybody. */
    static Mailboxes all(String reply) {
        return path -> reply;
    }

    /** These mailboxes, but {@code reply} for that one. */
    default Mailboxes but(String address, String reply) {
        Map<String, String> special = new TreeMap<>(Map.of(key(address), reply));
        return path -> {
            String found = special.get(key(path));
            return found == null ? replyTo(path) : found;
        };
    }

    /** The reply with the path put in. */
    default String answer(String path) {
        String reply = replyTo(path);
        return reply.indexOf('{') < 0 ? reply : reply.replace("{}", path);
    }

    private static String key(String path) {
        int at = path.lastIndexOf('@');
        return at < 0
                ? path.toLowerCase(Locale.ROOT)
                : path.substring(0, at) + path.substring(at).toLowerCase(Locale.ROOT);
    }

    private static String domain(String key) {
        return key.substring(key.lastIndexOf('@') + 1);
    }
}
