package io.countersign.lab;

import io.countersign.lab.LabDns.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/** From the octets of a question to the octets of its answers, with the faults that were asked for. No I/O. */
final class DnsResponder {
    private static final int PLAIN_UDP = 512;
    private static final int LARGEST = 65_535;
    private static final Name ELSEWHERE = Name.fromConstantString("unrelated.invalid.");

    /** What to send, in this order, once {@code delay} has passed. */
    record Answer(List<byte[]> messages, Duration delay) {
        static final Answer NOTHING = new Answer(List.of(), Duration.ZERO);
    }

    private final DnsZones zones;
    private final DnsFaults faults;
    private final DnsQuestions questions;

    DnsResponder(DnsZones zones, DnsFaults faults, DnsQuestions questions) {
        this.zones = zones;
        this.faults = faults;
        this.questions = questions;
    }

    Answer answer(byte[] wire, Transport transport) {
        Message query;
        try {
            query = new Message(wire);
        } catch (IOException e) {
            // No header to answer under: a real server drops it, too.
            return Answer.NOTHING;
        }
        Record question = query.getQuestion();
        if (query.getHeader().getFlag(Flags.QR) || question == null) {
            return Answer.NOTHING;
        }
        questions.add(question, transport);
        int limit = transport == Transport.TCP ? LARGEST : payload(query);
        if (query.getHeader().getOpcode() != Opcode.QUERY || question.getDClass() != DClass.IN) {
            return new Answer(List.of(failure(query, Rcode.NOTIMP)), Duration.ZERO);
        }
        DnsFault fault = faults.take(question.getName(), question.getType());
        return new Answer(messages(fault.kind(), query, transport, limit), fault.delay());
    }

    private List<byte[]> messages(DnsFault.Kind kind, Message query, Transport transport, int limit) {
        return switch (kind) {
            case LATE -> List.of(proper(query, limit));
            case SERVFAIL -> List.of(failure(query, Rcode.SERVFAIL));
            case REFUSED -> List.of(failure(query, Rcode.REFUSED));
            case NOTIMP -> List.of(failure(query, Rcode.NOTIMP));
            case FORMERR -> List.of(failure(query, Rcode.FORMERR));
            case NO_EDNS -> List.of(query.getOPT() == null ? proper(query, limit) : failure(query, Rcode.FORMERR));
            case DROP -> List.of();
            case TRUNCATE -> List.of(transport == Transport.TCP ? proper(query, limit) : truncated(query));
            case WRONG_ID -> List.of(otherId(proper(query, limit)));
            case WRONG_ID_FIRST -> List.of(otherId(failure(query, Rcode.NXDOMAIN)), proper(query, limit));
            case WRONG_QUESTION -> List.of(otherQuestion(query, limit));
            case UNRELATED_ANSWER -> List.of(otherOwner(query, limit));
            case MALFORMED_RDATA -> List.of(handMade(query, 0xc00c, new byte[] {0}));
            case POINTER_LOOP -> List.of(pointerLoop(query));
            case GARBAGE ->
                List.of("this is no DNS message, whatever the port says"
                        .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        };
    }

    private byte[] proper(Message query, int limit) {
        return withEdns(query, zones.answer(query)).toWire(limit);
    }

    private static byte[] failure(Message query, int rcode) {
        Message reply = DnsZones.empty(query, rcode);
        return reply.toWire();
    }

    private static byte[] truncated(Message query) {
        Message reply = DnsZones.empty(query, Rcode.NOERROR);
        reply.getHeader().setFlag(Flags.TC);
        return withEdns(query, reply).toWire();
    }

    private static byte[] otherId(byte[] wire) {
        wire[1] ^= 0x55;
        return wire;
    }

    private byte[] otherQuestion(Message query, int limit) {
        Message other = new Message(query.getHeader().getID());
        Record question = query.getQuestion();
        other.addRecord(Record.newRecord(ELSEWHERE, question.getType(), DClass.IN), Section.QUESTION);
        Message reply = DnsZones.empty(other, Rcode.NOERROR);
        for (Record record : zones.answer(query).getSection(Section.ANSWER)) {
            reply.addRecord(DnsZones.owned(record, ELSEWHERE), Section.ANSWER);
        }
        return withEdns(query, reply).toWire(limit);
    }

    private byte[] otherOwner(Message query, int limit) {
        Message reply = DnsZones.empty(query, Rcode.NOERROR);
        for (Record record : zones.answer(query).getSection(Section.ANSWER)) {
            reply.addRecord(DnsZones.owned(record, ELSEWHERE), Section.ANSWER);
        }
        return withEdns(query, reply).toWire(limit);
    }

    private static byte[] pointerLoop(Message query) {
        int here = DnsZones.empty(query, Rcode.NOERROR).toWire().length;
        return handMade(query, 0xc000 | here, new byte[] {0, 10, 0});
    }

    /** An answer with one record of the type asked for: {@code owner} is a compression pointer, {@code data} anything. */
    private static byte[] handMade(Message query, int owner, byte[] data) {
        byte[] start = DnsZones.empty(query, Rcode.NOERROR).toWire();
        ByteBuffer wire = ByteBuffer.allocate(start.length + 12 + data.length);
        wire.put(start).putShort(6, (short) 1);
        wire.putShort((short) owner);
        wire.putShort((short) query.getQuestion().getType()).putShort((short) DClass.IN);
        wire.putInt(60).putShort((short) data.length).put(data);
        return wire.array();
    }

    private static Message withEdns(Message query, Message reply) {
        if (query.getOPT() != null) {
            reply.addRecord(new OPTRecord(1232, 0, 0), Section.ADDITIONAL);
        }
        return reply;
    }

    private static int payload(Message query) {
        OPTRecord edns = query.getOPT();
        return edns == null ? PLAIN_UDP : Math.max(PLAIN_UDP, edns.getPayloadSize());
    }
}
