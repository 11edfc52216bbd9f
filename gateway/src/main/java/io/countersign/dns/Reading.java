package io.countersign.dns;

import java.util.List;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;

/** What one message of a name server says about a question. TTLs in seconds, as they came but for RFC 2181 §8. */
sealed interface Reading {
    /** Records of the type asked for, of the name asked for or its last alias; at least one. */
    record Records(List<Record> records, long ttl) implements Reading {}

    /** NXDOMAIN. */
    record NoName(long ttl) implements Reading {}

    /** The name exists, the type does not. */
    record NoRecords(long ttl) implements Reading {}

    /** The answer ends with an alias whose target must be asked for. @param hops aliases followed so far */
    record Alias(Name target, int hops, long ttl) implements Reading {}

    /** This server did not answer the question; another one may. */
    record Fault(int rcode, String why) implements Reading {}

    /** No server can give a better answer. */
    record Dead(String why) implements Reading {}
}
