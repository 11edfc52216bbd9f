package io.countersign.relay;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.syntax.Xtext;
import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The XCLIENT commands that tell an MTA who the client is. Only attributes that the MTA lists are sent, each value as xtext.
 *
 * <p>Usually one line. Where the attributes do not fit, NAME, PORT and ADDR stand in the last line: once they are set the MTA
 * may ask for the new client's right to send XCLIENT.
 */
final class XclientLines {
    /** 512 octets a line (RFC 5321 §4.5.3.1.4) less the verb, its blank, and CRLF. */
    private static final int ATTRIBUTES = 512 - "XCLIENT \r\n".length();

    /** What Postfix takes for one value. */
    private static final int VALUE = 255;

    private static final String UNAVAILABLE = "[UNAVAILABLE]";
    private static final String TEMPORARILY = "[TEMPUNAVAIL]";

    private XclientLines() {}

    /** @param listed the attribute names of the MTA's EHLO reply, upper case; without ADDR the client cannot be told at all, and the list is empty */
    static List<SmtpCommand.Xclient> of(ClientIdentity client, Collection<String> listed) {
        if (!listed.contains("ADDR")) {
            return List.of();
        }
        List<String> attributes = new ArrayList<>();
        add(attributes, listed, "PROTO", client.protocol().name());
        add(attributes, listed, "HELO", helo(client.helo()));
        add(attributes, listed, "LOGIN", UNAVAILABLE);
        add(attributes, listed, "DESTADDR", address(client.local()));
        add(attributes, listed, "DESTPORT", port(client.local()));
        add(attributes, listed, "REVERSE_NAME", reverseName(client));
        List<String> who = new ArrayList<>();
        add(who, listed, "NAME", name(client));
        add(who, listed, "PORT", port(client.address()));
        add(who, listed, "ADDR", address(client.address()));
        return lines(attributes, String.join(" ", who));
    }

    private static List<SmtpCommand.Xclient> lines(List<String> attributes, String who) {
        List<SmtpCommand.Xclient> lines = new ArrayList<>(1);
        StringBuilder line = new StringBuilder(ATTRIBUTES);
        for (String attribute : attributes) {
            if (line.length() + 1 + attribute.length() > ATTRIBUTES) {
                lines.add(new SmtpCommand.Xclient(line.toString()));
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(attribute);
        }
        if (!line.isEmpty() && line.length() + 1 + who.length() > ATTRIBUTES) {
            lines.add(new SmtpCommand.Xclient(line.toString()));
            line.setLength(0);
        }
        line.append(line.isEmpty() ? "" : " ").append(who);
        lines.add(new SmtpCommand.Xclient(line.toString()));
        return lines;
    }

    private static void add(List<String> to, Collection<String> listed, String attribute, String value) {
        if (listed.contains(attribute)) {
            to.add(attribute + "=" + value);
        }
    }

    private static String name(ClientIdentity client) {
        return switch (client.nameState()) {
            case CONFIRMED -> hostName(client.name());
            case UNCONFIRMED, UNAVAILABLE -> UNAVAILABLE;
            case PENDING -> TEMPORARILY;
        };
    }

    private static String reverseName(ClientIdentity client) {
        return switch (client.nameState()) {
            case CONFIRMED, UNCONFIRMED -> hostName(client.name());
            case UNAVAILABLE -> UNAVAILABLE;
            case PENDING -> TEMPORARILY;
        };
    }

    /** A name from DNS is a stranger's text: anything but letters, digits, hyphens and dots does not go out (IN01). */
    private static String hostName(@Nullable String name) {
        if (name == null || name.isEmpty() || name.length() > VALUE) {
            return UNAVAILABLE;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean plain =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
            if (!plain) {
                return UNAVAILABLE;
            }
        }
        return name;
    }

    private static String helo(String helo) {
        String encoded = Xtext.encode(helo);
        return encoded.isEmpty() || encoded.length() > VALUE ? UNAVAILABLE : encoded;
    }

    private static String address(InetSocketAddress socket) {
        InetAddress address = socket.getAddress();
        if (address == null) {
            return UNAVAILABLE;
        }
        String text = NetUtil.toAddressString(address);
        return address instanceof Inet6Address ? "IPV6:" + text : text;
    }

    private static String port(InetSocketAddress socket) {
        return socket.getAddress() == null || socket.getPort() == 0 ? UNAVAILABLE : Integer.toString(socket.getPort());
    }
}
