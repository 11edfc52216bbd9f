package io.countersign.lab;

import java.time.Duration;

/**
 * What a {@link LabDns} does wrong with a question.
 *
 * <pre>{@code
 * dns.fault("b.test", "MX", DnsFault.of(Kind.SERVFAIL).times(1));
 * dns.faultForAll(DnsFault.late(Duration.ofMillis(200)));
 * }</pre>
 *
 * @param delay passes before the answer, wrong or right
 * @param times how many questions it is for; after that they are answered properly
 */
public record DnsFault(Kind kind, Duration delay, int times) {

    public enum Kind {
        /** Nothing but {@link #delay}. */
        LATE,
        SERVFAIL,
        REFUSED,
        NOTIMP,
        FORMERR,
        /** FORMERR to questions with EDNS, a proper answer to others. */
        NO_EDNS,
        DROP,
        /** TC and no records over UDP; the proper answer over TCP. */
        TRUNCATE,
        /** The proper answer under another id, and nothing else. */
        WRONG_ID,
        /** A false answer under another id first, then the proper one. */
        WRONG_ID_FIRST,
        /** The proper answer to another question, and nothing else. */
        WRONG_QUESTION,
        /** The records belong to another name. */
        UNRELATED_ANSWER,
        /** One record whose data is a single octet. */
        MALFORMED_RDATA,
        /** One record whose owner is a compression pointer to itself. */
        POINTER_LOOP,
        /** Octets that are no DNS message. */
        GARBAGE
    }

    public static DnsFault of(Kind kind) {
        return new DnsFault(kind, Duration.ZERO, Integer.MAX_VALUE);
    }

    /** The proper answer, {@code delay} late. */
    public static DnsFault late(Duration delay) {
        return new DnsFault(Kind.LATE, delay, Integer.MAX_VALUE);
    }

    public DnsFault after(Duration longer) {
        return new DnsFault(kind, longer, times);
    }

    public DnsFault times(int questions) {
        return new DnsFault(kind, delay, questions);
    }
}
