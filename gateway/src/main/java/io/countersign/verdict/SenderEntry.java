package io.countersign.verdict;

import io.countersign.verdict.Remembered.Standing;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered about one sender address, and how news changes it. Pure values.
 *
 * @param fact what serves
 * @param doubt the first definite refusal after a good fact; null mostly
 * @param attempt the last question that brought nothing definite, beside a definite fact; null mostly
 */
record SenderEntry(
        Fact fact, @Nullable Fact doubt, @Nullable Fact attempt) {
    static SenderEntry of(Fact fact) {
        return new SenderEntry(fact, null, null);
    }

    /**
     * What is remembered after {@code news}. Good news are believed at once. A definite refusal replaces a good fact only when it
     * is the second, at least {@code refresh.no-such-mailbox} after the first: one server out of step, or an attacker who gets
     * one refusal out of it, does not make a good sender bad. News that say nothing definite never replace what does.
     */
    static SenderEntry after(@Nullable SenderEntry old, Fact news, Lives lives) {
        if (old == null || !old.fact().lives(news.at(), lives) || !old.fact().isDefinite()) {
            return of(news);
        }
        return switch (news.kind()) {
            case DELIVERABLE -> of(news);
            case UNDETERMINED -> new SenderEntry(old.fact(), old.doubt(), news);
            case UNDELIVERABLE -> old.fact().kind() == Kind.DELIVERABLE ? old.doubted(news, lives) : of(news);
        };
    }

    private SenderEntry doubted(Fact refusal, Lives lives) {
        if (doubt == null) {
            return new SenderEntry(fact, refusal, null);
        }
        boolean proof = refusal.at() - doubt.at() >= lives.refresh(Reason.NO_SUCH_MAILBOX);
        return proof ? of(refusal) : new SenderEntry(fact, doubt, null);
    }

    /** As it is found at {@code now}; null when its life is over. */
    @Nullable
    Remembered at(long now, Lives lives) {
        if (fact.lives(now, lives)) {
            boolean tried = attempt != null && attempt.lives(now, lives);
            return remembered(fact, now, lives, tried ? attempt : null);
        }
        return attempt != null && attempt.lives(now, lives) ? remembered(attempt, now, lives, null) : null;
    }

    private Remembered remembered(Fact serving, long now, Lives lives, @Nullable Fact tried) {
        long age = Math.max(0, now - serving.at());
        boolean old = age >= lives.refresh(serving.reason());
        boolean due = old || doubt != null;
        boolean lately = tried != null || (doubt != null && now - doubt.at() < lives.refresh(Reason.NO_SUCH_MAILBOX));
        Standing standing = !due ? Standing.FRESH : lately ? Standing.ASKED_LATELY : Standing.DUE;
        Verdict found = serving.verdict().remembered(old ? Source.STALE : Source.CACHE, Duration.ofNanos(age));
        Verdict last = tried == null
                ? null
                : tried.verdict().remembered(Source.CACHE, Duration.ofNanos(Math.max(0, now - tried.at())));
        return new Remembered(found, standing, last);
    }

    long left(long now, Lives lives) {
        long left = fact.left(now, lives);
        return attempt == null ? left : Math.max(left, attempt.left(now, lives));
    }

    int weight(String key) {
        int octets = 200 + key.length() + fact.weight();
        octets += doubt == null ? 0 : doubt.weight();
        return octets + (attempt == null ? 0 : attempt.weight());
    }
}
