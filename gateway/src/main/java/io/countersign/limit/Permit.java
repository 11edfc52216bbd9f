package io.countersign.limit;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Leave to ask. The holder closes it exactly when what it was for has ended, or cancels it when that never began; whatever comes
 * after the first of these is ignored. Any thread.
 */
public final class Permit {
    /** What a permit's end means beyond its limits. */
    interface Ending {
        /** @param from when the permit could first be used, by the clock of the limits @param nanos how long it took */
        void ended(Outcome outcome, long from, long nanos);

        void blocked(String theirWords);

        void unused();
    }

    private final Taking taking;
    private final Ending ending;
    private final NanoClock clock;
    private final AtomicBoolean over = new AtomicBoolean();

    Permit(Taking taking, Ending ending, NanoClock clock) {
        this.taking = taking;
        this.ending = ending;
        this.clock = clock;
    }

    /** It ended now; the time since it could first be used is what the peer took. */
    public void close(Outcome outcome) {
        close(outcome, Duration.ofNanos(Math.max(0, clock.getAsLong() - taking.at())));
    }

    /** @param elapsed what the peer took, where that is not all the time since the permit could first be used */
    public void close(Outcome outcome, Duration elapsed) {
        if (over.compareAndSet(false, true)) {
            taking.leave();
            ending.ended(outcome, taking.at(), Pace.nanos(elapsed));
        }
    }

    /**
     * It ended with the peer saying, in answer to connection, EHLO, MAIL or RCPT, that it blocks <em>our</em> address. It is not
     * asked for {@code callout.breaker.blocked}, and the operator is told.
     *
     * @param theirWords the reply as one printable line
     */
    public void blocked(String theirWords) {
        if (over.compareAndSet(false, true)) {
            taking.leave();
            ending.blocked(theirWords);
        }
    }

    /** Never used: everything is given back, the reservation too where nobody has reserved after it. */
    public void cancel() {
        if (over.compareAndSet(false, true)) {
            taking.undo();
            ending.unused();
        }
    }
}
