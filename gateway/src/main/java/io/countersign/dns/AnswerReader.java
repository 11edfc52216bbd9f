package io.countersign.dns;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Reads the answer out of a message. Only records of the name asked for, and of the aliases that lead on from it, count; whatever
 * else a message carries (other owners, the additional section) is not looked at, let alone kept (RFC 5452 §6, RFC 2181 §5.4.1).
 */
final class AnswerReader {
    /** Longest chain of CNAMEs followed for one question. */
    static final int MAX_ALIASES = 8;

    /** Most records of one answer that are kept. */
    static final int MAX_RECORDS = 500;

    /** For a negative answer without an SOA, which RFC 2308 §5 would rather not have kept at all. */
    static final long TTL_WITHOUT_SOA = 5;

    private static final long MAX_TTL = 0x7fff_ffffL;

    private AnswerReader() {}

    /** @param hops aliases followed already, in earlier messages */
    static Reading read(byte[] octets, Question question, int hops) {
        Message message;
        try {
            message = new Message(octets);
        } catch (IOException | RuntimeException e) {
            // The parser throws unchecked exceptions too on some malformed RDATA; none of them is a bug of ours.
            return new Reading.Fault(-1, "malformed answer: " + e.getMessage());
        }
        int rcode = message.getRcode();
        if (rcode != Rcode.NOERROR && rcode != Rcode.NXDOMAIN) {
            return new Reading.Fault(rcode, Rcode.string(rcode));
        }
        return follow(message, question, hops);
    }

    private static Reading follow(Message message, Question question, int hops) {
        List<Record> answer = message.getSection(Section.ANSWER);
        Name owner = question.name();
        long ttl = MAX_TTL;
        int followed = hops;
        while (true) {
            List<Record> found = new ArrayList<>();
            CNAMERecord alias = null;
            for (Record record : answer) {
                if (record.getDClass() != DClass.IN || !record.getName().equals(owner)) {
                    continue;
                }
                if (record.getType() == question.type() && found.size() < MAX_RECORDS) {
                    found.add(record);
                } else if (record instanceof CNAMERecord cname) {
                    alias = cname;
                }
            }
            if (!found.isEmpty()) {
                for (Record record : found) {
                    ttl = Math.min(ttl, ttl(record));
                }
                return new Reading.Records(found, ttl);
            }
            if (alias == null) {
                return nothing(message, question.name(), owner.equals(question.name()) ? null : owner, followed, ttl);
            }
            if (++followed > MAX_ALIASES) {
                return new Reading.Dead("more than " + MAX_ALIASES + " aliases, or a loop of them");
            }
            ttl = Math.min(ttl, ttl(alias));
            owner = alias.getTarget();
        }
    }

    private static Reading nothing(Message message, Name question, @Nullable Name target, int hops, long ttl) {
        SOARecord soa = null;
        boolean referral = false;
        for (Record record : message.getSection(Section.AUTHORITY)) {
            if (record instanceof SOARecord found) {
                soa = found;
            } else if (record.getType() == Type.NS) {
                referral = true;
            }
        }
        // RFC 2308 §5: the smaller of the SOA's own TTL and its last field.
        long negative = soa == null ? TTL_WITHOUT_SOA : Math.min(ttl(soa), limit(soa.getMinimum()));
        if (message.getRcode() == Rcode.NXDOMAIN) {
            return new Reading.NoName(Math.min(ttl, negative));
        }
        if (soa == null && target != null) {
            return new Reading.Alias(target, hops, ttl);
        }
        if (soa == null && target == null && isAboutOthers(message, question)) {
            return new Reading.Fault(-1, "records of other names only: no answer to the question");
        }
        boolean recursive = message.getHeader().getFlag(Flags.RA);
        if (soa == null && referral && !recursive && !message.getHeader().getFlag(Flags.AA)) {
            return new Reading.Fault(-1, "a referral: the server does not resolve for us");
        }
        return new Reading.NoRecords(Math.min(ttl, negative));
    }

    /** An answer that brings records, and none of the name that was asked for, is forged or broken: it proves nothing. */
    private static boolean isAboutOthers(Message message, Name question) {
        List<Record> answer = message.getSection(Section.ANSWER);
        return !answer.isEmpty()
                && answer.stream().noneMatch(record -> record.getName().equals(question));
    }

    private static long ttl(Record record) {
        return limit(record.getTTL());
    }

    /** RFC 2181 §8: a TTL with the most significant bit set counts as zero. */
    private static long limit(long seconds) {
        return seconds < 0 || seconds > MAX_TTL ? 0 : seconds;
    }
}
