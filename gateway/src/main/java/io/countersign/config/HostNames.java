package io.countersign.config;

import com.ibm.icu.text.IDNA;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Names as the operator writes them, brought into the form in which they are compared and sent: A-labels in lower case. */
final class HostNames {
    /** RFC 1035 §2.3.4 allows 255 octets on the wire, which are 253 characters of text. */
    private static final int LONGEST_NAME = 253;

    private static final int LONGEST_LABEL = 63;

    private HostNames() {}

    /**
     * The A-label form in lower case (UTS #46, non-transitional), or empty when {@code name} is no host name: letters,
     * digits and inner hyphens in labels of at most 63, at most 253 in all, no trailing dot (RFC 1123 §2.1).
     */
    static Optional<String> normalise(String name) {
        String ascii = isAscii(name) ? name.toLowerCase(Locale.ROOT) : toAscii(name);
        return ascii != null && isHostName(ascii) ? Optional.of(ascii) : Optional.empty();
    }

    /** As {@link #normalise}, and fit to introduce ourselves with: at least two labels, and no address in disguise. */
    static Optional<String> fullName(String name) {
        return normalise(name).filter(n -> n.indexOf('.') > 0).filter(n -> !isDigit(n.charAt(n.lastIndexOf('.') + 1)));
    }

    /** A name to introduce ourselves with. @throws IllegalArgumentException with words for the operator */
    static String ours(String name) {
        return fullName(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        Quoted.of(name) + " is no full host name, such as \"mx1.example.org\""));
    }

    static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7e) {
                return false;
            }
        }
        return true;
    }

    /** UTS #46 of a name with U-labels; null where it has no A-label form. */
    static @Nullable String toAscii(String name) {
        StringBuilder ascii = new StringBuilder(name.length() + 16);
        IDNA.Info info = new IDNA.Info();
        Uts46.INSTANCE.nameToASCII(name, ascii, info);
        return info.hasErrors() ? null : ascii.toString();
    }

    private static boolean isHostName(String name) {
        if (name.isEmpty() || name.length() > LONGEST_NAME) {
            return false;
        }
        int start = 0;
        for (int i = 0; i <= name.length(); i++) {
            if (i == name.length() || name.charAt(i) == '.') {
                if (!isLabel(name, start, i)) {
                    return false;
                }
                start = i + 1;
            }
        }
        return true;
    }

    private static boolean isLabel(String name, int start, int end) {
        if (start == end || end - start > LONGEST_LABEL) {
            return false;
        }
        for (int i = start; i < end; i++) {
            char c = name.charAt(i);
            boolean inner = i > start && i < end - 1;
            if (!(c >= 'a' && c <= 'z' || isDigit(c) || c == '-' && inner)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** Its tables are large: loaded when the first name outside ASCII is seen, for most sites never. */
    private static final class Uts46 {
        static final IDNA INSTANCE = IDNA.getUTS46Instance(IDNA.NONTRANSITIONAL_TO_ASCII
                | IDNA.USE_STD3_RULES
                | IDNA.CHECK_BIDI
                | IDNA.CHECK_CONTEXTJ
                | IDNA.CHECK_CONTEXTO);
    }
}
