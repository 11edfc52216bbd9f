package io.countersign.verdict;

import io.countersign.smtp.MailAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The key of an address without the tag that makes it different for each message, so that what is known of one message's sender
 * serves the next. Forms, each only when it fits exactly; anything else has no bare key, a subaddress ({@code user+tag}) neither,
 * since that is an address in its own right:
 *
 * <ul>
 *   <li>BATV: {@code prvs=KDDDSSSSSS=user} (key digit, day, six hexadecimal digits) is {@code user}
 *   <li>Barracuda's: {@code btv1==TAG==user} is {@code user}
 *   <li>SRS: {@code SRS0=HASH=TT=domain=user} is {@code SRS0=domain=user}, {@code SRS1=HASH=forwarder==HASH=TT=domain=user} is
 *       {@code SRS1=forwarder=domain=user}: the same sender through the same forwarder. No mailbox is called so
 *   <li>VERP with a plus: {@code list-bounces+user=example.org} is {@code list-bounces}, {@code bounce-123+user=example.org} is
 *       {@code bounce}; what follows the plus must end in {@code =} and a domain name
 *   <li>VERP with a number: {@code bounce-123-user=example.org} is {@code bounce}. Without a number nobody can say which hyphen
 *       divides
 * </ul>
 */
final class TaggedAddress {
    private static final String DOMAIN =
            "(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.){1,8}[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])";

    private static final Pattern BATV = Pattern.compile("(?i)prvs=[0-9]{4}[0-9a-f]{6}=([^=]+)");
    private static final Pattern BTV = Pattern.compile("(?i)btv1==[0-9a-z]{6,40}==([^=]+)");
    private static final Pattern SRS0 =
            Pattern.compile("(?i)SRS0[=+-][0-9a-z+/]{2,28}=[a-z2-7]{2}=(" + DOMAIN + ")=(.+)");
    private static final Pattern SRS1 = Pattern.compile(
            "(?i)SRS1[=+-][0-9a-z+/]{2,28}=(" + DOMAIN + ")=[=+-][0-9a-z+/]{2,28}=[a-z2-7]{2}=(" + DOMAIN + ")=(.+)");
    private static final Pattern VERP_PLUS = Pattern.compile("([^+=]+)\\+[^=]+=" + DOMAIN);
    private static final Pattern VERP_NUMBER = Pattern.compile("([^+=]+?)-[0-9]+-[^=]+=" + DOMAIN);
    private static final Pattern NUMBER_AT_END = Pattern.compile("[+-][0-9]+$");

    private TaggedAddress() {}

    /** The key to look under besides the address's own; null when the address has no tag. */
    static @Nullable String bareKey(MailAddress address) {
        String local = address.localPart();
        if (local.indexOf('=') < 0) {
            return null;
        }
        String bare = bareLocal(local);
        // A local part that needs quotes is written differently in a key; none of the forms has one.
        return bare == null || bare.isEmpty() || bare.chars().anyMatch(c -> c <= ' ' || c == '"' || c == '@')
                ? null
                : bare + "@" + address.domain().key();
    }

    private static @Nullable String bareLocal(String local) {
        Matcher m = BATV.matcher(local);
        if (m.matches()) {
            return m.group(1);
        }
        m = BTV.matcher(local);
        if (m.matches()) {
            return m.group(1);
        }
        m = SRS0.matcher(local);
        if (m.matches()) {
            return "SRS0=" + m.group(1) + "=" + m.group(2);
        }
        m = SRS1.matcher(local);
        if (m.matches()) {
            return "SRS1=" + m.group(1) + "=" + m.group(2) + "=" + m.group(3);
        }
        m = VERP_PLUS.matcher(local);
        if (m.matches()) {
            return NUMBER_AT_END.matcher(m.group(1)).replaceFirst("");
        }
        m = VERP_NUMBER.matcher(local);
        return m.matches() ? m.group(1) : null;
    }
}
