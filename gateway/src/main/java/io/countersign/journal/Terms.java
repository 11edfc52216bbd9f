package io.countersign.journal;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The forms in which things are indexed: what is written differently and means the same has one form. */
final class Terms {
    /** Kinds of terms beside {@link Wanted.What}: what belongs to the transaction with that id; callouts. */
    static final int LATE = 100;

    static final int CALLOUT = 101;
    static final int CALLOUT_DOMAIN = 102;

    /** Only what cannot be a name: nothing is ever looked up in DNS. */
    private static final Pattern ADDRESS =
            Pattern.compile("[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*");

    private Terms() {}

    /** Without angle brackets, in lower case: people do not know how a local part was written. */
    static String address(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    static String domain(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /** Without angle brackets; its case counts. */
    static String messageId(String text) {
        boolean pair = text.length() > 2 && text.charAt(0) == '<' && text.endsWith(">");
        return pair ? text.substring(1, text.length() - 1) : text;
    }

    static String client(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        return scope < 0 ? text : text.substring(0, scope);
    }

    /** An IP address as text, in the one form that Java gives it; empty when it is none. */
    static Optional<String> client(String text) {
        String bare = text.regionMatches(true, 0, "IPv6:", 0, 5) ? text.substring(5) : text;
        if (!ADDRESS.matcher(bare).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(client(InetAddress.getByName(bare)));
        } catch (UnknownHostException noAddress) {
            return Optional.empty();
        }
    }

    /**
     * The number under which a term of that kind ({@link Wanted.What} by ordinal, or one of the above) stands in the index: 64 bits of FNV-1a, stirred. Two terms with one number are told apart when
     * the record is read.
     */
    static long hash(int kind, String text) {
        long h = 0xcbf29ce484222325L ^ (kind + 1);
        for (int i = 0; i < text.length(); i++) {
            h = (h ^ text.charAt(i)) * 0x100000001b3L;
        }
        h ^= h >>> 32;
        h *= 0x9e3779b97f4a7c15L;
        return h ^ (h >>> 29);
    }
}
