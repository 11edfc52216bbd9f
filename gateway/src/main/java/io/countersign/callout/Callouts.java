package io.countersign.callout;

import io.countersign.verdict.Verdict;
import reactor.core.publisher.Mono;

/** Asks exchangers. */
public interface Callouts {
    /**
     * DNS, limits, connection, dialogue; one callout in flight per address (single flight). The Mono never fails and never
     * blocks; cancelling it does not stop a callout that was dialled: it finishes and {@code onVerdict} listeners hear of it.
     */
    Mono<Verdict> ask(CalloutRequest request);
}
