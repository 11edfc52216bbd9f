package io.countersign.smtp.codec;

import io.countersign.smtp.SmtpReply;

/** What a server's octets were: the messages {@link SmtpClientDecoder} fires up the pipeline. */
public sealed interface ServerInput {
    enum Kind {
        REPLY,
        BROKEN
    }

    Kind kind();

    /** @param lineEnds whether a line ended in LF alone (read all the same, and noted) */
    record Reply(SmtpReply reply, LineEnds lineEnds) implements ServerInput {
        @Override
        public Kind kind() {
            return Kind.REPLY;
        }
    }

    /** Not SMTP, or over our limits; terminal: nothing more is fired, the rest is thrown away. @param why in words, without the peer's text */
    record Broken(String why) implements ServerInput {
        @Override
        public Kind kind() {
            return Kind.BROKEN;
        }
    }

    enum LineEnds {
        CRLF,
        LF_ONLY
    }
}
