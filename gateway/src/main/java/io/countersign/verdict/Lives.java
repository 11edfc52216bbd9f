package io.countersign.verdict;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How long each reason is kept and when it is asked again, in nanoseconds. */
final class Lives {
    /** Trouble with DNS is over soon, and is hardly ever the same for two names. */
    private static final Duration DNS_TROUBLE = Duration.ofSeconds(30);

    private final long[] life = new long[Reason.values().length];
    private final long[] refresh = new long[Reason.values().length];

    Lives(Retention retention) {
        for (Reason reason : Reason.values()) {
            long kept = nanos(find(retention.sender(), reason, DNS_TROUBLE));
            Duration asked = find(retention.senderRefresh(), reason, null);
            life[reason.ordinal()] = kept;
            refresh[reason.ordinal()] = asked == null ? kept : Math.min(kept, nanos(asked));
        }
    }

    private static @Nullable Duration find(Map<Reason, Duration> given, Reason reason, @Nullable Duration dnsTrouble) {
        Duration own = given.get(reason);
        if (own != null) {
            return own;
        }
        return switch (reason) {
            case MAILBOX_FULL -> given.get(Reason.ACCEPTED);
            case MAILBOX_DISABLED -> given.get(Reason.NO_SUCH_MAILBOX);
            case NULL_MX -> given.get(Reason.NO_SUCH_DOMAIN);
            case UNREACHABLE, BROKEN_PEER, UNUSABLE_EXCHANGER -> given.get(Reason.NO_ANSWER);
            case DNS_FAILURE -> dnsTrouble;
            case ACCEPTED,
                    ACCEPTS_ANY,
                    NO_SUCH_MAILBOX,
                    NO_SUCH_DOMAIN,
                    REFUSES_NULL_SENDER,
                    REFUSED_US,
                    TRY_LATER,
                    NO_ANSWER,
                    RATE_LIMITED,
                    CIRCUIT_OPEN,
                    OVERLOADED,
                    FORGED_SENDER,
                    NOT_ASKED -> null;
        };
    }

    /** About ten years at most, so that sums with clock readings do not overflow. */
    static long nanos(@Nullable Duration duration) {
        if (duration == null || duration.isNegative()) {
            return 0;
        }
        return Math.min(duration.toDays(), 3_650) == 3_650
                ? Duration.ofDays(3_650).toNanos()
                : duration.toNanos();
    }

    /** Whether it says something about the address or its exchangers; our own limits and rules do not. */
    boolean keeps(Reason reason) {
        boolean ours = switch (reason) {
            case RATE_LIMITED, CIRCUIT_OPEN, OVERLOADED, FORGED_SENDER, NOT_ASKED -> true;
            case ACCEPTED,
                    ACCEPTS_ANY,
                    MAILBOX_FULL,
                    NO_SUCH_MAILBOX,
                    MAILBOX_DISABLED,
                    NO_SUCH_DOMAIN,
                    NULL_MX,
                    REFUSES_NULL_SENDER,
                    REFUSED_US,
                    TRY_LATER,
                    NO_ANSWER,
                    UNREACHABLE,
                    BROKEN_PEER,
                    DNS_FAILURE,
                    UNUSABLE_EXCHANGER -> false;
        };
        return !ours && life(reason) > 0;
    }

    long life(Reason reason) {
        return life[reason.ordinal()];
    }

    /** Age from which it is asked again; at most its life. */
    long refresh(Reason reason) {
        return refresh[reason.ordinal()];
    }
}
