package io.countersign.smtp;

/** The grammar of address literals (RFC 5321 §4.1.3). General literals, which nobody has registered, are refused. */
final class AddressLiterals {
    private static final String IPV6_TAG = "IPv6:";
    private static final int IPV6_GROUPS = 8;

    private AddressLiterals() {}

    /** True for {@code [192.0.2.1]} and {@code [IPv6:2001:db8::1]}. */
    static boolean isLiteral(String text) {
        int last = text.length() - 1;
        if (last < 2 || text.charAt(0) != '[' || text.charAt(last) != ']') {
            return false;
        }
        if (text.regionMatches(true, 1, IPV6_TAG, 0, IPV6_TAG.length())) {
            return isIpv6(text, 1 + IPV6_TAG.length(), last);
        }
        return isIpv4(text, 1, last);
    }

    /** Four decimal numbers up to 255; no leading zero, because some readers take it for octal. */
    private static boolean isIpv4(String text, int from, int to) {
        int numbers = 0;
        int i = from;
        while (true) {
            int start = i;
            int value = 0;
            while (i < to && i - start < 3 && isDigit(text.charAt(i))) {
                value = value * 10 + (text.charAt(i++) - '0');
            }
            boolean leadingZero = i - start > 1 && text.charAt(start) == '0';
            if (i == start || value > 255 || leadingZero) {
                return false;
            }
            if (++numbers == 4) {
                return i == to;
            }
            if (i >= to || text.charAt(i++) != '.') {
                return false;
            }
        }
    }

    /** Groups of up to four hexadecimal digits, {@code ::} at most once, an IPv4 address in place of the last two; no zone. */
    private static boolean isIpv6(String text, int from, int to) {
        int groups = 0;
        boolean shortened = false;
        int i = from;
        if (text.startsWith("::", i)) {
            shortened = true;
            i += 2;
        }
        while (i < to) {
            int start = i;
            while (i < to && Character.digit(text.charAt(i), 16) >= 0 && text.charAt(i) < 0x80) {
                i++;
            }
            if (i < to && text.charAt(i) == '.') {
                groups += 2;
                i = isIpv4(text, start, to) ? to : -1;
                break;
            }
            if (i == start || i - start > 4) {
                return false;
            }
            groups++;
            if (i == to) {
                break;
            }
            if (text.charAt(i++) != ':' || i == to) {
                return false;
            }
            if (text.charAt(i) == ':') {
                if (shortened) {
                    return false;
                }
                shortened = true;
                i++;
            }
        }
        return i == to && (shortened ? groups < IPV6_GROUPS : groups == IPV6_GROUPS);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
