package io.countersign.spf;

import io.netty.util.NetUtil;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One mechanism of a record (RFC 7208 §5).
 *
 * @param result when it matches
 * @param domain null where none is given: the current domain
 * @param network octets of the network of ip4 and ip6; else null
 * @param prefix4 significant bits of an IPv4 address, 0–32
 * @param prefix6 significant bits of an IPv6 address, 0–128
 */
record Mechanism(
        SpfResult result,
        Type type,
        @Nullable MacroString domain,
        byte @Nullable [] network,
        int prefix4,
        int prefix6) {
    enum Type {
        ALL,
        INCLUDE,
        A,
        MX,
        PTR,
        IP4,
        IP6,
        EXISTS
    }

    static Mechanism parse(String term) {
        SpfResult result = switch (term.charAt(0)) {
            case '-' -> SpfResult.FAIL;
            case '~' -> SpfResult.SOFTFAIL;
            case '?' -> SpfResult.NEUTRAL;
            default -> SpfResult.PASS;
        };
        String text = "+-~?".indexOf(term.charAt(0)) >= 0 ? term.substring(1) : term;
        int end = 0;
        while (end < text.length() && text.charAt(end) != ':' && text.charAt(end) != '/') {
            end++;
        }
        String rest = text.substring(end);
        return switch (text.substring(0, end).toLowerCase(Locale.ROOT)) {
            case "all" -> all(result, rest);
            case "include" -> named(result, Type.INCLUDE, needed(rest));
            case "exists" -> named(result, Type.EXISTS, needed(rest));
            case "ptr" -> rest.isEmpty() ? bare(result, Type.PTR) : named(result, Type.PTR, needed(rest));
            case "a" -> dual(result, Type.A, rest);
            case "mx" -> dual(result, Type.MX, rest);
            case "ip4" -> ip4(result, needed(rest));
            case "ip6" -> ip6(result, needed(rest));
            default -> throw new SpfSyntaxException("an unknown mechanism");
        };
    }

    private static Mechanism all(SpfResult result, String rest) {
        if (!rest.isEmpty()) {
            throw new SpfSyntaxException("all takes nothing");
        }
        return bare(result, Type.ALL);
    }

    private static Mechanism bare(SpfResult result, Type type) {
        return new Mechanism(result, type, null, null, 32, 128);
    }

    private static Mechanism named(SpfResult result, Type type, String domain) {
        return new Mechanism(result, type, MacroString.parseDomain(domain), null, 32, 128);
    }

    private static String needed(String rest) {
        if (!rest.startsWith(":") || rest.length() == 1) {
            throw new SpfSyntaxException("a mechanism without its argument");
        }
        return rest.substring(1);
    }

    /** {@code a} and {@code mx}: {@code [ ":" domain-spec ] [ "/" bits4 ] [ "//" bits6 ]} (§5.3, §5.4). */
    private static Mechanism dual(SpfResult result, Type type, String rest) {
        String left = rest;
        int prefix4 = 32;
        int prefix6 = 128;
        int six = left.lastIndexOf("//");
        if (six >= 0 && isNumber(left.substring(six + 2))) {
            prefix6 = bits(left.substring(six + 2), 128);
            left = left.substring(0, six);
        }
        int four = left.lastIndexOf('/');
        if (four >= 0 && isNumber(left.substring(four + 1))) {
            prefix4 = bits(left.substring(four + 1), 32);
            left = left.substring(0, four);
        }
        MacroString domain = left.isEmpty() ? null : MacroString.parseDomain(needed(left));
        return new Mechanism(result, type, domain, null, prefix4, prefix6);
    }

    private static Mechanism ip4(SpfResult result, String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        int prefix = slash < 0 ? 32 : bits(text.substring(slash + 1), 32);
        return new Mechanism(result, Type.IP4, null, quad(address), prefix, 128);
    }

    private static byte[] quad(String text) {
        String[] numbers = text.split("\\.", -1);
        if (numbers.length != 4) {
            throw new SpfSyntaxException("not an IPv4 address");
        }
        byte[] octets = new byte[4];
        for (int i = 0; i < 4; i++) {
            octets[i] = (byte) bits(numbers[i], 255);
        }
        return octets;
    }

    private static Mechanism ip6(SpfResult result, String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        int prefix = slash < 0 ? 128 : bits(text.substring(slash + 1), 128);
        // Netty's parser takes brackets and scopes too, which have no place here.
        byte[] octets = address.indexOf('[') < 0 && address.indexOf('%') < 0 && NetUtil.isValidIpV6Address(address)
                ? NetUtil.createByteArrayFromIpAddressString(address)
                : null;
        if (octets == null || octets.length != 16) {
            throw new SpfSyntaxException("not an IPv6 address");
        }
        return new Mechanism(result, Type.IP6, null, octets, 32, prefix);
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** A number without leading zeros up to {@code most}. */
    private static int bits(String text, int most) {
        boolean shaped = isNumber(text) && text.length() <= 3 && (text.length() == 1 || text.charAt(0) != '0');
        int value = shaped ? Integer.parseInt(text) : most + 1;
        if (value > most) {
            throw new SpfSyntaxException("a number out of range");
        }
        return value;
    }

    /** Whether the significant bits of an address of the client's family are those of {@code other}. */
    boolean covers(byte[] client, byte[] other) {
        if (client.length != other.length) {
            return false;
        }
        int prefix = client.length == 4 ? prefix4 : prefix6;
        int whole = prefix / 8;
        for (int i = 0; i < whole; i++) {
            if (client[i] != other[i]) {
                return false;
            }
        }
        int rest = prefix % 8;
        int mask = 0xff00 >> rest & 0xff;
        return rest == 0 || (client[whole] & mask) == (other[whole] & mask);
    }
}
