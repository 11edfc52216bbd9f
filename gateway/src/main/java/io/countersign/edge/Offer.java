package io.countersign.edge;

import io.countersign.config.ListenSettings;
import io.countersign.smtp.Capabilities;
import java.util.LinkedHashMap;
import java.util.Map;

/** What our EHLO reply offers (product.md §3.2): what both sides can do. */
final class Offer {
    /** What our trace fields may add to a message; the MTA's SIZE is offered less this. */
    static final long TRACE_ALLOWANCE = 4096;

    private static final String[] FROM_THE_MTA = {"8BITMIME", "SMTPUTF8", "DSN", "CHUNKING"};

    enum StartTls {
        OFFERED,
        NOT_OFFERED
    }

    private Offer() {}

    /** @param limits our own; those a client can plan with are told (RFC 9422) */
    static Capabilities of(String hostname, Capabilities mta, ListenSettings.Limits limits, StartTls startTls) {
        Map<String, String> keywords = new LinkedHashMap<>();
        keywords.put("PIPELINING", "");
        keywords.put("SIZE", Long.toString(size(mta, limits.messageSize())));
        if (startTls == StartTls.OFFERED) {
            keywords.put("STARTTLS", "");
        }
        keywords.put("ENHANCEDSTATUSCODES", "");
        keywords.put("LIMITS", "MAILMAX=" + limits.transactions() + " RCPTMAX=" + limits.recipients());
        for (String keyword : FROM_THE_MTA) {
            if (mta.has(keyword)) {
                keywords.put(keyword, "");
            }
        }
        return new Capabilities(hostname, keywords);
    }

    /** The smaller of ours and the MTA's less what we add. */
    static long size(Capabilities mta, long messageSize) {
        return mta.size()
                .map(theirs -> Math.max(1, Math.min(messageSize, theirs - TRACE_ALLOWANCE)))
                .orElse(messageSize);
    }
}
