package io.countersign.decision;

/** Finds private and loopback IPv4 addresses (RFC 1918, RFC 1122) and unique-local, link-local and loopback IPv6 ones in a line of text. */
final class PrivateAddresses {
    private PrivateAddresses() {}

    static String replace(String text, String by) {
        StringBuilder out = null;
        int copied = 0;
        int i = 0;
        while (i < text.length()) {
            if (!isAddressChar(text.charAt(i))) {
                i++;
                continue;
            }
            int end = i;
            while (end < text.length() && isAddressChar(text.charAt(end))) {
                end++;
            }
            int trimmed = end;
            while (trimmed > i && text.charAt(trimmed - 1) == '.') {
                trimmed--;
            }
            if (isPrivate(text.substring(i, trimmed))) {
                if (out == null) {
                    out = new StringBuilder(text.length());
                }
                out.append(text, copied, i).append(by);
                copied = trimmed;
            }
            i = end;
        }
        return out == null ? text : out.append(text, copied, text.length()).toString();
    }

    private static boolean isAddressChar(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':';
    }

    private static boolean isPrivate(String token) {
        if (token.indexOf(':') >= 0) {
            return isPrivateIpv6(token);
        }
        String[] parts = token.split("\\.", -1);
        if (parts.length != 4) {
            return false;
        }
        int[] octets = new int[4];
        for (int i = 0; i < 4; i++) {
            if (parts[i].isEmpty() || parts[i].length() > 3 || !parts[i].chars().allMatch(c -> c >= '0' && c <= '9')) {
                return false;
            }
            octets[i] = Integer.parseInt(parts[i]);
            if (octets[i] > 255) {
                return false;
            }
        }
        return octets[0] == 10
                || octets[0] == 127
                || (octets[0] == 172 && octets[1] >= 16 && octets[1] < 32)
                || (octets[0] == 192 && octets[1] == 168)
                || (octets[0] == 169 && octets[1] == 254);
    }

    private static boolean isPrivateIpv6(String token) {
        if (token.equals("::1")) {
            return true;
        }
        int colon = token.indexOf(':');
        // A time of day or a verb with a colon has no hextet of four digits in front.
        if (colon != 4 || token.indexOf(':', colon + 1) < 0) {
            return false;
        }
        String first = token.substring(0, 4).toLowerCase(java.util.Locale.ROOT);
        return first.startsWith("fc")
                || first.startsWith("fd")
                || first.startsWith("fe8")
                || first.startsWith("fe9")
                || first.startsWith("fea")
                || first.startsWith("feb");
    }
}
