package io.countersign.dns;

/** What may be a host name (RFC 952, RFC 1123 §2.1); text from DNS goes nowhere before it was checked here. */
public final class HostNames {
    private static final int MAX_NAME = 253;
    private static final int MAX_LABEL = 63;

    private HostNames() {}

    /**
     * Something that can be looked up and connected to: labels of letters, digits, hyphens, not beginning or ending with a hyphen,
     * the last one not all digits (that would be an address in disguise), and not {@code localhost} or below it.
     */
    public static boolean isExchanger(String name) {
        if (!consistsOfLabels(name) || name.indexOf('_') >= 0) {
            return false;
        }
        String last = name.substring(name.lastIndexOf('.') + 1);
        return !last.chars().allMatch(HostNames::isDigit) && !last.equals("localhost");
    }

    /** Letters, digits, hyphens, dots and underscores only: harmless wherever it is printed. */
    static boolean isPrintable(String name) {
        return consistsOfLabels(name);
    }

    private static boolean consistsOfLabels(String name) {
        if (name.isEmpty() || name.length() > MAX_NAME) {
            return false;
        }
        int start = 0;
        for (int i = 0; i <= name.length(); i++) {
            char c = i < name.length() ? name.charAt(i) : '.';
            if (c == '.') {
                if (i == start || i - start > MAX_LABEL || name.charAt(start) == '-' || name.charAt(i - 1) == '-') {
                    return false;
                }
                start = i + 1;
            } else if (!(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '-' || c == '_')) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }
}
