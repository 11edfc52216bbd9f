package io.countersign.relay;

import io.countersign.smtp.SmtpReply;
import java.util.List;

/** What came of something asked of the MTA. Only {@link Replied} is the MTA's word; the rest is why there is none. */
public sealed interface MtaAnswer {
    enum Kind {
        REPLIED,
        UNREACHABLE,
        BUSY,
        LOST,
        SILENT,
        MISCONFIGURED
    }

    Kind kind();

    /** Whether the message may have been delivered although nobody said so. */
    enum Fate {
        /** The MTA never had the end of the message: it cannot have taken it. */
        NOT_TAKEN,
        /** The end went out and no answer came: a possible duplicate, once the client tries again (RFC 1047). */
        UNKNOWN
    }

    /** {@link Fate#UNKNOWN} when the client's next attempt may be a duplicate. */
    default Fate fateOfMessage() {
        if (this instanceof Lost lost) {
            return lost.fate();
        }
        return this instanceof Silent silent ? silent.fate() : Fate.NOT_TAKEN;
    }

    /** The MTA's reply, as it was; sanitised and cut where it becomes a reply of ours. */
    record Replied(SmtpReply reply) implements MtaAnswer {
        @Override
        public Kind kind() {
            return Kind.REPLIED;
        }
    }

    /** No connection could be made, or it refused us at greeting or EHLO (451 4.4.1). */
    record Unreachable(String detail) implements MtaAnswer {
        @Override
        public Kind kind() {
            return Kind.UNREACHABLE;
        }
    }

    /** Breaker open, or no connection free within {@code backend.wait} (451 4.3.2). */
    record Busy(String detail) implements MtaAnswer {
        @Override
        public Kind kind() {
            return Kind.BUSY;
        }
    }

    /** The connection was lost, or out of step, in mid-transaction (451 4.4.2). */
    record Lost(String detail, Fate fate) implements MtaAnswer {
        /** Lost while the message cannot have been taken. */
        public Lost(String detail) {
            this(detail, Fate.NOT_TAKEN);
        }

        @Override
        public Kind kind() {
            return Kind.LOST;
        }
    }

    /** No reply within {@code timeouts.reply} or {@code timeouts.end-of-data} (451 4.4.2). */
    record Silent(String detail, Fate fate) implements MtaAnswer {
        /** Silent while the message cannot have been taken. */
        public Silent(String detail) {
            this(detail, Fate.NOT_TAKEN);
        }

        @Override
        public Kind kind() {
            return Kind.SILENT;
        }
    }

    /** Our configuration and the MTA's disagree: XCLIENT required and not offered, TLS required and not to be had (451 4.3.5). */
    record Misconfigured(String detail) implements MtaAnswer {
        @Override
        public Kind kind() {
            return Kind.MISCONFIGURED;
        }
    }

    /** The kinds after which the same question may have another answer elsewhere: everything but the MTA's word. */
    List<Kind> WITHOUT_WORD = List.of(Kind.UNREACHABLE, Kind.BUSY, Kind.LOST, Kind.SILENT, Kind.MISCONFIGURED);
}
