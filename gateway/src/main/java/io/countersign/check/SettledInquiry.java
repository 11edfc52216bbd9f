package io.countersign.check;

import io.countersign.spf.SpfResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A sender about whom a rule says all, and nobody is asked. */
final class SettledInquiry implements SenderInquiry {
    private final SenderFinding settled;

    SettledInquiry(SenderFinding settled) {
        this.settled = settled;
    }

    @Override
    public SenderFinding known() {
        return settled;
    }

    @Override
    public Mono<SenderFinding> finding() {
        return Mono.just(settled);
    }

    @Override
    public Mono<SpfResult> spf() {
        return Mono.empty();
    }

    @Override
    public @Nullable SpfResult spfKnown() {
        return null;
    }

    @Override
    public boolean asksSpf() {
        return false;
    }
}
