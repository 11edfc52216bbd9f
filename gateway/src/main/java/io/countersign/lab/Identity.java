package io.countersign.lab;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Who the client is, as a {@link LabMta} was told.
 *
 * @param address the IP address in use for the session; of XCLIENT's ADDR, if that was given, without {@code IPV6:}
 * @param attributes those of all XCLIENT commands so far, later ones over earlier ones, names in upper case, values
 *     without xtext; empty otherwise
 */
public record Identity(Source source, String address, int port, Map<String, String> attributes) {

    /** Where it comes from. */
    public enum Source {
        SOCKET,
        PROXY,
        XCLIENT
    }

    public Identity {
        attributes = Map.copyOf(attributes);
    }

    /** An attribute of XCLIENT such as {@code NAME}; empty if there was none. */
    public String attribute(String name) {
        return attributes.getOrDefault(name, "");
    }

    /** With the attributes of an XCLIENT command in place: one that is not named keeps its value, as in Postfix. */
    Identity with(Map<String, String> given) {
        Map<String, String> all = new HashMap<>(attributes);
        all.putAll(given);
        String addr = given.getOrDefault("ADDR", "");
        boolean known = !addr.isEmpty() && addr.charAt(0) != '[';
        String plain = addr.toUpperCase(Locale.ROOT).startsWith("IPV6:") ? addr.substring(5) : addr;
        String number = given.getOrDefault("PORT", "");
        boolean numeric =
                !number.isEmpty() && number.length() <= 5 && number.chars().allMatch(c -> c >= '0' && c <= '9');
        return new Identity(Source.XCLIENT, known ? plain : address, numeric ? Integer.parseInt(number) : port, all);
    }

    /** The attributes of an XCLIENT command. */
    static Map<String, String> attributesOf(String line) {
        Map<String, String> attributes = new HashMap<>();
        for (String word : line.split(" +")) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                attributes.put(word.substring(0, equals).toUpperCase(Locale.ROOT), unxtext(word.substring(equals + 1)));
            }
        }
        return attributes;
    }

    /** RFC 3461 §4: {@code +} and two hexadecimal digits are one octet. */
    private static String unxtext(String text) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '+'
                    && i + 2 < text.length()
                    && text.substring(i + 1, i + 3).matches("[0-9A-F]{2}")) {
                plain.append((char) Integer.parseInt(text.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                plain.append(text.charAt(i));
            }
        }
        return plain.toString();
    }
}
