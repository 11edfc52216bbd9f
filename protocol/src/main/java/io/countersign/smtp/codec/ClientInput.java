package io.countersign.smtp.codec;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** What a client's octets were: the messages {@link SmtpServerDecoder} fires up the pipeline. */
public sealed interface ClientInput {
    enum Kind {
        COMMAND,
        FAULT,
        CONTENT,
        CONTENT_FAULT,
        CONTENT_END,
        OUT_OF_TURN
    }

    Kind kind();

    record Command(SmtpCommand command) implements ClientInput {
        @Override
        public Kind kind() {
            return Kind.COMMAND;
        }
    }

    /**
     * A line that is no command.
     *
     * @param verb the command that was meant, UNKNOWN when that cannot be told
     * @param reply what to answer, without an id
     * @param framing null when it was a matter of syntax; else what was wrong with the line itself, and then the session
     *     answers and closes (product.md §4: bare CR, LF, NUL in a command; a line too long)
     */
    record Fault(
            SmtpCommand.Kind verb,
            SmtpReply reply,
            @Nullable FramingFault framing) implements ClientInput {
        @Override
        public Kind kind() {
            return Kind.FAULT;
        }
    }

    /**
     * A piece of the message's content as it may go to the MTA: for DATA still with its dots doubled and without the final
     * dot line, for BDAT as it is; free of bare CR, bare LF and NUL. The receiver takes ownership of {@code octets}.
     */
    record Content(ByteBuf octets) implements ClientInput {
        @Override
        public Kind kind() {
            return Kind.CONTENT;
        }
    }

    /** The content can no longer be delivered; no more {@link Content} comes, the rest is read and thrown away until {@link ContentEnd}. */
    record ContentFault(FramingFault fault) implements ClientInput {
        @Override
        public Kind kind() {
            return Kind.CONTENT_FAULT;
        }
    }

    /**
     * The end: the final dot line was read, or the chunk's last octet.
     *
     * @param octets of content (dots not doubled, line ends included), of this DATA or this chunk
     * @param fault what was wrong on the way, or null when the content is complete and clean
     */
    record ContentEnd(long octets, @Nullable FramingFault fault) implements ClientInput {
        @Override
        public Kind kind() {
            return Kind.CONTENT_END;
        }
    }

    /** Octets came while it was our turn ({@link SmtpServerDecoder#holdTurn}): answer 554 5.5.0 and close. Fired once. */
    record OutOfTurn() implements ClientInput {
        @Override
        public Kind kind() {
            return Kind.OUT_OF_TURN;
        }
    }
}
