package io.countersign.diagnosis;

import io.countersign.smtp.EnhancedStatus;
import java.util.HashMap;
import java.util.Map;

/** What codes mean by themselves: basic ones (RFC 5321 §4.2.3 and its extensions) and enhanced ones ({@code status-codes.txt}). */
final class StatusCodes {
    private static final Map<String, String> ENHANCED = enhanced();

    private static final Map<Integer, String> BASIC = Map.ofEntries(
            Map.entry(421, "the server is closing the connection; try again later"),
            Map.entry(432, "the password must be changed first (RFC 4954)"),
            Map.entry(450, "the mailbox is not available now; try again later"),
            Map.entry(451, "the server could not do it now; try again later"),
            Map.entry(452, "the server has not enough room, or too many recipients were named; try again later"),
            Map.entry(454, "TLS or authentication is not available now; try again later"),
            Map.entry(455, "the server cannot take these parameters now"),
            Map.entry(458, "the server cannot queue messages for this node (RFC 1985)"),
            Map.entry(459, "the node is not allowed (RFC 1985)"),
            Map.entry(500, "the command was not understood"),
            Map.entry(501, "the command's argument was not understood"),
            Map.entry(502, "the command is not implemented"),
            Map.entry(503, "the command came out of order"),
            Map.entry(504, "the parameter is not implemented"),
            Map.entry(521, "this host takes no mail (RFC 7504)"),
            Map.entry(523, "the message is too long for the recipient"),
            Map.entry(525, "the user's account is disabled"),
            Map.entry(530, "a login, or TLS, is needed first"),
            Map.entry(534, "this way to log in is too weak"),
            Map.entry(535, "the login was refused"),
            Map.entry(538, "this way to log in needs encryption"),
            Map.entry(550, "refused for good: the mailbox is not there, or policy forbids it"),
            Map.entry(551, "the user is not here"),
            Map.entry(552, "refused for good: too much room would be needed"),
            Map.entry(553, "the address is not allowed"),
            Map.entry(554, "refused for good; or, instead of a greeting, no mail is taken here"),
            Map.entry(555, "the parameters of MAIL or RCPT are not known there"),
            Map.entry(556, "the recipient's domain takes no mail (RFC 7504)"));

    private StatusCodes() {}

    private static Map<String, String> enhanced() {
        Map<String, String> meanings = new HashMap<>();
        for (String[] fields : DataFile.rows("status-codes.txt", 3)) {
            if (meanings.put(fields[0], fields[1]) != null) {
                throw new IllegalArgumentException("status-codes.txt: " + fields[0] + " twice");
            }
        }
        return Map.copyOf(meanings);
    }

    static String meaning(EnhancedStatus code) {
        String words = ENHANCED.get("x." + code.subject() + "." + code.detail());
        String how = switch (code.statusClass()) {
            case 2 -> "success";
            case 4 -> "temporary";
            default -> "for good";
        };
        return (words == null ? "not in the registry; class and subject say: " + subject(code.subject()) : words) + " ("
                + how + ")";
    }

    static String meaning(int code) {
        String known = BASIC.get(code);
        if (known != null) {
            return known;
        }
        return switch (code / 100) {
            case 2 -> "it was accepted";
            case 3 -> "go on";
            case 4 -> "not now; try again later";
            default -> "refused for good";
        };
    }

    private static String subject(int subject) {
        return switch (subject) {
            case 1 -> "the address";
            case 2 -> "the mailbox";
            case 3 -> "the mail system";
            case 4 -> "network and routing";
            case 5 -> "the protocol";
            case 6 -> "the content";
            case 7 -> "security or policy";
            default -> "undefined";
        };
    }

    static int registered() {
        return ENHANCED.size();
    }
}
