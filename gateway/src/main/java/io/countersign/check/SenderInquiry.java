package io.countersign.check;

import io.countersign.spf.SpfResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The question about one transaction's sender, begun at MAIL. {@link #known()} costs nothing; nobody is dialled before {@link
 * #finding()} is subscribed, which the session does once the MTA has accepted a recipient that is not exempt. Thread-safe.
 */
public interface SenderInquiry {
    /** What is known without asking anyone now: a rule, or memory. Null while only asking can tell. */
    @Nullable
    SenderFinding known();

    /**
     * The finding, asked for where needed, at the latest {@code checks.sender.wait} after the first subscription. Never fails.
     * Several subscribers share one question; a callout goes on in the background when they leave.
     */
    Mono<SenderFinding> finding();

    /** SPF, at the latest a third of {@code wait} after MAIL (then temperror); completes empty when SPF is not asked. */
    Mono<SpfResult> spf();

    /** The SPF result if it is there. */
    @Nullable
    SpfResult spfKnown();

    /** Whether SPF is asked about this sender at all. */
    boolean asksSpf();
}
