package io.countersign.spf;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A policy, checked from end to end before any of it is used (RFC 7208 §4.6). {@code exp} is checked and not kept: we print none. */
record SpfRecord(List<Mechanism> mechanisms, @Nullable MacroString redirect) {
    private static final String VERSION = "v=spf1";

    SpfRecord {
        mechanisms = List.copyOf(mechanisms);
    }

    /** Whether a TXT record is a policy at all (§4.5). */
    static boolean isPolicy(String text) {
        return text.regionMatches(true, 0, VERSION, 0, VERSION.length())
                && (text.length() == VERSION.length() || text.charAt(VERSION.length()) == ' ');
    }

    /** @throws SpfSyntaxException when any term is wrong */
    static SpfRecord parse(String text) {
        List<Mechanism> mechanisms = new ArrayList<>();
        MacroString redirect = null;
        boolean explained = false;
        for (String term : text.substring(VERSION.length()).split(" ", -1)) {
            if (term.isEmpty()) {
                continue;
            }
            int equals = modifierEnd(term);
            if (equals < 0) {
                mechanisms.add(Mechanism.parse(term));
                continue;
            }
            String value = term.substring(equals + 1);
            switch (term.substring(0, equals).toLowerCase(Locale.ROOT)) {
                case "redirect" -> {
                    if (redirect != null) {
                        throw new SpfSyntaxException("redirect twice");
                    }
                    redirect = MacroString.parseDomain(value);
                }
                case "exp" -> {
                    if (explained) {
                        throw new SpfSyntaxException("exp twice");
                    }
                    explained = true;
                    MacroString.parseDomain(value);
                }
                default -> MacroString.parse(value, MacroString.Place.MODIFIER);
            }
        }
        return new SpfRecord(mechanisms, redirect);
    }

    /** Where the equals sign of a modifier stands; −1 for a mechanism. A name of other characters makes it no modifier. */
    private static int modifierEnd(String term) {
        for (int i = 0; i < term.length(); i++) {
            char c = term.charAt(i);
            if (c == '=') {
                return i == 0 ? -1 : i;
            }
            boolean letter = MacroString.isAlphanumeric(c) && !MacroString.isDigit(c);
            if (!letter && (i == 0 || !MacroString.isDigit(c) && c != '-' && c != '_' && c != '.')) {
                return -1;
            }
        }
        return -1;
    }
}
