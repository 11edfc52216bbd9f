package io.countersign.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.NameTooLongException;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** The records of a {@link LabDns} and the right answer to a question about them, as a recursive resolver gives it. */
final class DnsZones {
    private static final int LONGEST_CHAIN = 16;

    /** Every name that exists, also those that only have names beneath them (RFC 4592 §2.2.2: they are no NXDOMAIN). */
    private final Map<Name, Map<Integer, List<Record>>> names = new ConcurrentHashMap<>();

    void add(Record record) {
        List<Record> one = List.of(record);
        node(record.getName()).merge(record.getType(), one, (old, added) -> {
            List<Record> both = new ArrayList<>(old);
            both.addAll(added);
            return List.copyOf(both);
        });
    }

    /** Makes the name and all above it exist, without records. */
    Map<Integer, List<Record>> node(Name name) {
        for (Name above = name; above.labels() > 1; ) {
            above = new Name(above, 1);
            names.computeIfAbsent(above, n -> new ConcurrentHashMap<>());
        }
        return names.computeIfAbsent(name, n -> new ConcurrentHashMap<>());
    }

    /** Takes the records of {@code name} away, and the name with them unless others lie beneath it. */
    void remove(Name name) {
        names.remove(name);
        List<Name> left = new ArrayList<>(names.keySet());
        left.stream().filter(n -> n.subdomain(name)).findAny().ifPresent(n -> node(name));
    }

    /** The answer to {@code query}: its question repeated, RA set, CNAMEs followed. */
    Message answer(Message query) {
        Record question = query.getQuestion();
        Message answer = empty(query, Rcode.NOERROR);
        Name name = question.getName();
        int type = question.getType();
        for (int hop = 0; hop <= LONGEST_CHAIN; hop++) {
            Map<Integer, List<Record>> node = find(name);
            if (node == null) {
                answer.getHeader().setRcode(Rcode.NXDOMAIN);
                answer.addRecord(soaFor(name), Section.AUTHORITY);
                return answer;
            }
            List<Record> alias = node.getOrDefault(Type.CNAME, List.of());
            if (type != Type.CNAME && type != Type.ANY && !alias.isEmpty()) {
                answer.addRecord(owned(alias.get(0), name), Section.ANSWER);
                name = ((CNAMERecord) alias.get(0)).getTarget();
                continue;
            }
            List<Record> found = type == Type.ANY
                    ? node.values().stream().flatMap(List::stream).toList()
                    : node.getOrDefault(type, List.of());
            for (Record record : found) {
                answer.addRecord(owned(record, name), Section.ANSWER);
            }
            if (found.isEmpty()) {
                answer.addRecord(soaFor(name), Section.AUTHORITY);
            }
            return answer;
        }
        return empty(query, Rcode.SERVFAIL);
    }

    /** A reply to {@code query} without records. */
    static Message empty(Message query, int rcode) {
        // With the id given: a Message without one draws it from SecureRandom, which may block.
        Message reply = new Message(query.getHeader().getID());
        Header header = reply.getHeader();
        header.setFlag(Flags.QR);
        header.setFlag(Flags.RA);
        if (query.getHeader().getFlag(Flags.RD)) {
            header.setFlag(Flags.RD);
        }
        header.setRcode(rcode);
        Record question = query.getQuestion();
        if (question != null) {
            reply.addRecord(question, Section.QUESTION);
        }
        return reply;
    }

    /** {@code record} as one of {@code owner}. */
    static Record owned(Record record, Name owner) {
        if (record.getName().equals(owner)) {
            return record;
        }
        return Record.newRecord(
                owner, record.getType(), record.getDClass(), record.getTTL(), record.rdataToWireCanonical());
    }

    /** The node of {@code name}, or of the wildcard beside it at its closest encloser (RFC 4592 §3.3.1). */
    private @Nullable Map<Integer, List<Record>> find(Name name) {
        Map<Integer, List<Record>> node = names.get(name);
        if (node != null) {
            return node;
        }
        for (Name encloser = name; encloser.labels() > 1; ) {
            encloser = new Name(encloser, 1);
            if (names.containsKey(encloser)) {
                return names.get(wildcardOf(encloser));
            }
        }
        return null;
    }

    private static Name wildcardOf(Name encloser) {
        try {
            return Name.concatenate(Name.fromConstantString("*"), encloser);
        } catch (NameTooLongException e) {
            throw new IllegalStateException("an encloser has room for one more label than the name it encloses", e);
        }
    }

    /** The SOA of the nearest zone, else one of the root: its minimum says how long "no" may be remembered. */
    private Record soaFor(Name name) {
        for (Name zone = name; ; zone = new Name(zone, 1)) {
            List<Record> soa = names.getOrDefault(zone, Map.of()).getOrDefault(Type.SOA, List.of());
            if (!soa.isEmpty()) {
                return soa.get(0);
            }
            if (zone.labels() <= 1) {
                return soa(Name.root, 60);
            }
        }
    }

    static SOARecord soa(Name zone, long minimum) {
        Name host = Name.fromConstantString("ns.lab.test.");
        return new SOARecord(zone, DClass.IN, minimum, host, host, 1, 3600, 600, 86400, minimum);
    }
}
