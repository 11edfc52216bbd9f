package io.countersign.dns;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/** What is asked: an absolute name and a record type, class IN. Equality ignores the case of ASCII letters (RFC 1035 §2.3.3). */
record Question(Name name, int type) {
    /** What we say we can take by UDP (RFC 6891 §6.2.5): fits every path without fragments. */
    static final int UDP_PAYLOAD = 1232;

    private static final int HEADER = 12;
    private static final int FLAG_RD = 0x0100;
    private static final int BIT_QR = 0x8000;
    private static final int BITS_OPCODE = 0x7800;
    private static final int BIT_TC = 0x0200;
    private static final int BITS_RCODE = 0x000f;
    private static final int FORMERR = 1;
    private static final int NOTIMP = 4;

    /** How an octet sequence from a name server relates to this question. */
    enum Fit {
        /** It answers another question, or none: whoever sent it, it is not ours. */
        FOREIGN,
        /** It answers this question. */
        ANSWER,
        /** It answers this question, but did not fit into a datagram: ask by TCP. */
        TRUNCATED
    }

    /**
     * The question for a name in presentation form without escapes: whatever stands between the dots is the label. Empty when DNS
     * cannot carry it (a label empty or over 63 octets, more than 255 octets, characters outside ASCII).
     */
    static Optional<Question> of(String text, int type) {
        String bare = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
        if (bare.isEmpty() || bare.length() > 253) {
            return Optional.empty();
        }
        byte[] wire = new byte[bare.length() + 2];
        int labelStart = 0;
        for (int i = 0; i <= bare.length(); i++) {
            char c = i < bare.length() ? bare.charAt(i) : '.';
            if (c == '.') {
                int length = i - labelStart;
                if (length == 0 || length > 63) {
                    return Optional.empty();
                }
                wire[labelStart] = (byte) length;
                labelStart = i + 1;
            } else if (c > 0x7f) {
                return Optional.empty();
            } else {
                wire[i + 1] = (byte) (c >= 'A' && c <= 'Z' ? c + 32 : c);
            }
        }
        try {
            return Optional.of(new Question(new Name(wire), type));
        } catch (IOException e) {
            throw new AssertionError("a wire form made by us", e);
        }
    }

    Question withName(Name other) {
        return new Question(other, type);
    }

    /** Writes the query (RFC 1035 §4.1) with recursion desired into {@code out}. */
    void encode(ByteBuf out, int id, Edns edns) {
        out.writeShort(id);
        out.writeShort(FLAG_RD);
        out.writeShort(1);
        out.writeZero(4);
        out.writeShort(edns == Edns.ON ? 1 : 0);
        out.writeBytes(name.toWire());
        out.writeShort(type);
        out.writeShort(DClass.IN);
        if (edns == Edns.ON) {
            out.writeByte(0);
            out.writeShort(Type.OPT);
            out.writeShort(UDP_PAYLOAD);
            out.writeInt(0);
            out.writeShort(0);
        }
    }

    /** The id of a message; −1 when it is too short to be one. */
    static int idOf(ByteBuf message) {
        return message.readableBytes() < HEADER ? -1 : message.getUnsignedShort(message.readerIndex());
    }

    /**
     * Compares header and question section only, so that a forged or stray message costs next to nothing (RFC 5452 §9.1). The id
     * has been compared already.
     */
    Fit fit(ByteBuf message) {
        int at = message.readerIndex();
        int flags = message.getUnsignedShort(at + 2);
        if ((flags & BIT_QR) == 0 || (flags & BITS_OPCODE) != 0) {
            return Fit.FOREIGN;
        }
        int questions = message.getUnsignedShort(at + 4);
        int rcode = flags & BITS_RCODE;
        boolean bare = questions == 0 && (rcode == FORMERR || rcode == NOTIMP);
        if (!bare && !(questions == 1 && sameQuestion(message, at + HEADER))) {
            return Fit.FOREIGN;
        }
        return (flags & BIT_TC) != 0 ? Fit.TRUNCATED : Fit.ANSWER;
    }

    private boolean sameQuestion(ByteBuf message, int from) {
        byte[] wire = name.toWire();
        if (message.writerIndex() - from < wire.length + 4) {
            return false;
        }
        for (int i = 0; i < wire.length; i++) {
            // Length octets are below 64, so folding the case of letters cannot confuse them.
            if (lower(message.getByte(from + i)) != lower(wire[i])) {
                return false;
            }
        }
        return message.getUnsignedShort(from + wire.length) == type
                && message.getUnsignedShort(from + wire.length + 2) == DClass.IN;
    }

    private static int lower(byte b) {
        return b >= 'A' && b <= 'Z' ? b + 32 : b;
    }

    @Override
    public String toString() {
        return name.toString(true) + " " + Type.string(type);
    }

    /** Whether a query carries an OPT record; some old servers refuse it (RFC 6891 §7). */
    enum Edns {
        ON,
        OFF
    }

    /** Octets as a text of the same length; only used for character strings whose meaning another room decides. */
    static String latin1(byte[] octets) {
        return new String(octets, StandardCharsets.ISO_8859_1);
    }
}
