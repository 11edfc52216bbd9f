package io.countersign.relay;

import io.countersign.limit.MtaBreaker;
import org.jspecify.annotations.Nullable;

/**
 * How somebody gets a connection, with what it takes in hand already: room, the breaker's permit, an idle connection.
 *
 * @param connection to hand over, or to give another identity
 * @param permit to dial
 */
record Plan(Step step, @Nullable MtaConnection connection, MtaBreaker.@Nullable Attempt permit) {
    static final Plan NOTHING_FREE = new Plan(Step.NOTHING_FREE, null, null);
    static final Plan CLIENT_AT_LIMIT = new Plan(Step.CLIENT_AT_LIMIT, null, null);
    static final Plan BREAKER_OPEN = new Plan(Step.BREAKER_OPEN, null, null);

    enum Step {
        HAND_OVER,
        CHANGE_IDENTITY,
        DIAL,
        BREAKER_OPEN,
        NOTHING_FREE,
        CLIENT_AT_LIMIT
    }

    static Plan take(Step step, MtaConnection connection) {
        return new Plan(step, connection, null);
    }

    static Plan dial(MtaBreaker.Attempt permit) {
        return new Plan(Step.DIAL, null, permit);
    }

    boolean isPossible() {
        return step != Step.NOTHING_FREE && step != Step.CLIENT_AT_LIMIT;
    }
}
