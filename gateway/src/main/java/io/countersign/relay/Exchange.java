package io.countersign.relay;

import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.dialogue.ClientDialogue.Awaited;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Something sent, or to be sent, of which the reply is owed. */
final class Exchange {
    final Awaited awaited;
    /** Null for the greeting and for content, which are no commands. */
    final @Nullable SmtpCommand command;

    Consumer<SmtpReply> then;
    /** Nanoseconds the reply may take, from the moment nothing older is owed. */
    long limit;

    Exchange(Awaited awaited, Consumer<SmtpReply> then, long limit) {
        this(awaited, then, limit, null);
    }

    Exchange(Awaited awaited, Consumer<SmtpReply> then, long limit, @Nullable SmtpCommand command) {
        this.awaited = awaited;
        this.command = command;
        this.then = then;
        this.limit = limit;
    }

    /** The last chunk, and it is empty: the message ends with the command itself. */
    boolean endsMessage() {
        return command instanceof SmtpCommand.Bdat bdat && bdat.last() && bdat.size() == 0;
    }
}
