package io.countersign.spf;

import io.countersign.spf.MacroString.Escape;
import io.countersign.spf.MacroString.Form;
import io.countersign.spf.MacroString.Macro;
import io.countersign.spf.MacroString.Order;
import io.countersign.spf.MacroString.Part;
import io.countersign.spf.MacroString.Text;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Fills in macros (RFC 7208 §7.3) and makes names of the result. */
final class MacroExpander {
    private static final int MAX_NAME = 253;
    private static final String UNRESERVED = "-._~";
    private static final String HEX = "0123456789ABCDEF";

    private MacroExpander() {}

    /** The name to ask for: no trailing dot, shortened from the left to 253 characters (§7.3). */
    static String name(MacroString spec, Sender sender, String domain, String validated) {
        String name = expand(spec, sender, domain, validated);
        if (name.endsWith(".")) {
            name = name.substring(0, name.length() - 1);
        }
        while (name.length() > MAX_NAME) {
            int dot = name.indexOf('.');
            if (dot < 0) {
                return name;
            }
            name = name.substring(dot + 1);
        }
        return name;
    }

    /** Whether DNS could carry the name (§4.3, §4.8); a term with any other never matches. */
    static boolean isAskable(String name) {
        if (name.isEmpty() || name.length() > MAX_NAME) {
            return false;
        }
        int start = 0;
        for (int i = 0; i <= name.length(); i++) {
            if (i == name.length() || name.charAt(i) == '.') {
                if (i == start || i - start > 63) {
                    return false;
                }
                start = i + 1;
            } else if (name.charAt(i) > 0x7f) {
                // RFC 8616 §4: a local part beyond ASCII makes terms that mention it never match.
                return false;
            }
        }
        return true;
    }

    private static String expand(MacroString spec, Sender sender, String domain, String validated) {
        StringBuilder out = new StringBuilder();
        for (Part part : spec.parts()) {
            if (part instanceof Text text) {
                out.append(text.text());
            } else if (part instanceof Escape escape) {
                out.append(escape.text());
            } else if (part instanceof Macro macro) {
                String value = transformed(macro, value(macro.letter(), sender, domain, validated));
                out.append(macro.escaped() == Form.URL ? urlEscaped(value) : value);
            }
        }
        return out.toString();
    }

    private static String value(char letter, Sender sender, String domain, String validated) {
        return switch (letter) {
            case 's' -> sender.localPart() + "@" + sender.domain();
            case 'l' -> sender.localPart();
            case 'o' -> sender.domain();
            case 'd' -> domain;
            case 'i' -> sender.dotted();
            case 'p' -> validated;
            case 'v' -> sender.isIpv4() ? "in-addr" : "ip6";
            case 'h' -> sender.helo();
            default -> throw new IllegalStateException("a letter the parser does not let through: " + letter);
        };
    }

    private static String transformed(Macro macro, String value) {
        if (macro.keep() == 0
                && macro.order() == Order.AS_IS
                && macro.delimiters().equals(".")) {
            return value;
        }
        List<String> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i <= value.length(); i++) {
            if (i == value.length() || macro.delimiters().indexOf(value.charAt(i)) >= 0) {
                parts.add(value.substring(start, i));
                start = i + 1;
            }
        }
        if (macro.order() == Order.REVERSED) {
            Collections.reverse(parts);
        }
        int from = macro.keep() == 0 ? 0 : Math.max(0, parts.size() - macro.keep());
        return String.join(".", parts.subList(from, parts.size()));
    }

    private static String urlEscaped(String value) {
        StringBuilder out = new StringBuilder();
        for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (MacroString.isAlphanumeric(c) || UNRESERVED.indexOf(c) >= 0) {
                out.append(c);
            } else {
                out.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 0xf));
            }
        }
        return out.toString();
    }
}
