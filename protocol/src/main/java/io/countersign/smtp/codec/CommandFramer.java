package io.countersign.smtp.codec;

import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.syntax.CommandParser;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Octets to command lines (RFC 5321 §2.3.8): a line ends in CRLF and in nothing else. A CR or LF by itself, a NUL and a line
 * over the limit are faults at the octet that shows them; after one, no octet of the connection has a meaning any more.
 *
 * <p>A line that stands whole in one heap buffer is parsed where it is; otherwise it is gathered in one array that is kept
 * for the connection, at most the limit's size.
 */
final class CommandFramer {
    private static final byte[] EMPTY = {};
    private static final int FIRST_SIZE = 128;

    private final int limit;
    private byte[] line = EMPTY;
    private int length;

    /** @param limit most octets of a line, CRLF included */
    CommandFramer(int limit) {
        this.limit = limit;
    }

    /** True in the middle of a line. */
    boolean hasPartialLine() {
        return length > 0;
    }

    void clear() {
        line = EMPTY;
        length = 0;
    }

    /** Consumes at most one line of {@code in} (borrowed): a command or a fault, or null when the line goes on. */
    @Nullable
    ClientInput next(ByteBuf in) {
        int from = in.readerIndex();
        int to = (int) Math.min(in.writerIndex(), (long) from + limit - length);
        int lf = in.indexOf(from, to, (byte) '\n');
        int end = lf < 0 ? to : lf + 1;
        int before = length;
        int total = before + end - from;
        in.readerIndex(end);

        byte[] octets;
        int offset;
        if (lf >= 0 && before == 0 && in.hasArray()) {
            octets = in.array();
            offset = in.arrayOffset() + from;
        } else {
            gather(in, from, end - from);
            octets = line;
            offset = 0;
        }
        FramingFault fault = check(octets, offset, before, total);
        if (fault == null && lf < 0) {
            if (total < limit) {
                return null;
            }
            fault = FramingFault.LINE_TOO_LONG;
        }
        length = 0;
        return fault == null ? parse(octets, offset, total - 2) : fault(fault);
    }

    private void gather(ByteBuf in, int from, int count) {
        int needed = length + count;
        if (needed > line.length) {
            line = Arrays.copyOf(line, Math.min(limit, Math.max(FIRST_SIZE, Integer.highestOneBit(needed) << 1)));
        }
        in.getBytes(from, line, length, count);
        length = needed;
    }

    /** The first fault among the octets from {@code before} on, which ends with the only LF if there is one. */
    private static @Nullable FramingFault check(byte[] octets, int offset, int before, int total) {
        boolean afterCr = before > 0 && octets[offset + before - 1] == '\r';
        for (int i = offset + before; i < offset + total; i++) {
            byte octet = octets[i];
            if (afterCr && octet != '\n') {
                return FramingFault.BARE_CR;
            }
            if (octet == 0) {
                return FramingFault.NUL;
            }
            if (octet == '\n' && !afterCr) {
                return FramingFault.BARE_LF;
            }
            afterCr = octet == '\r';
        }
        return null;
    }

    private static ClientInput parse(byte[] octets, int offset, int length) {
        CommandParser.Parsed parsed = CommandParser.parse(octets, offset, length);
        if (parsed instanceof CommandParser.Parsed.Command command) {
            return new ClientInput.Command(command.command());
        }
        CommandParser.Parsed.Fault fault = (CommandParser.Parsed.Fault) parsed;
        return new ClientInput.Fault(fault.verb(), fault.reply(), null);
    }

    private static ClientInput fault(FramingFault fault) {
        SmtpReply reply = SmtpReply.of(500, EnhancedStatus.of(5, 5, 2), fault.words());
        return new ClientInput.Fault(SmtpCommand.Kind.UNKNOWN, reply, fault);
    }
}
