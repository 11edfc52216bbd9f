package io.countersign.edge;

import io.countersign.journal.TransactionRecord;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Puts our trace fields in front of a message, and takes out of its header section the Authentication-Results fields that
 * claim to be ours (RFC 8601 §5). Counts {@code Received:} fields and notes the Message-ID. Everything else passes as it came, as slices, uncopied.
 *
 * <p>One instance a message, on the session's event loop. At most {@link #HOLD} octets are held back (copied) while it is not
 * clear whose field it is; a field that is still unclear then goes. If the content begins with a blank, an empty line follows
 * our fields: a client must not be able to continue them. In {@link Framing#DOT_STUFFED} content a leading dot is what the MTA
 * will take off (RFC 5321 §4.5.2), so a line is judged by what follows the dot.
 */
final class HeaderFilter {
    /** Most octets held back. */
    static final int HOLD = 8 * 1024;

    private static final byte[] RESULTS = "authentication-results".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RECEIVED = "received".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MESSAGE_ID = "message-id".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EMPTY_LINE = {'\r', '\n'};

    enum Framing {
        /** DATA: dots doubled. */
        DOT_STUFFED,
        /** BDAT. */
        RAW
    }

    private enum State {
        /** Nothing seen yet (or only a leading dot). */
        START,
        LINE_START,
        NAME,
        AFTER_NAME,
        ID,
        /** The value of the first Message-ID field, on its first line or (when that was blank) the next. */
        MESSAGE_ID,
        PASS,
        DROP,
        BODY
    }

    private final AuthservId ours;
    private final Framing framing;
    private final ByteBuf trace;
    private State state = State.START;
    private boolean dotSkipped;
    private byte[] target = RESULTS;
    private int matched;
    private boolean holding;
    private boolean inDroppedField;
    private final ByteBuf held = Unpooled.buffer(0, HOLD);
    private long octets;
    private int received;
    private int removed;
    private @Nullable StringBuilder messageId;
    private boolean messageIdEnded;

    /** @param trace our fields, each with its CRLF; takes ownership */
    HeaderFilter(String authservId, Framing framing, ByteBuf trace) {
        this.ours = new AuthservId(authservId.toLowerCase(Locale.ROOT));
        this.framing = framing;
        this.trace = trace;
    }

    /** False once the header section has ended: from then on content may go by without this filter. */
    boolean inHeader() {
        return state != State.BODY;
    }

    /** {@code Received:} fields of the message so far, without ours. */
    int receivedFields() {
        return received;
    }

    /** Octets of the header section so far; what came in one piece with the body's beginning is not among them. */
    long headerOctets() {
        return octets;
    }

    /** Authentication-Results fields that were taken out. */
    int removedFields() {
        return removed;
    }

    /** The first Message-ID, printable ASCII, at most {@value TransactionRecord#MESSAGE_ID_LIMIT} characters; null when there is none. */
    @Nullable
    String messageId() {
        StringBuilder id = messageId;
        return id == null || id.length() == 0 ? null : id.toString();
    }

    /** Takes ownership of {@code in}; {@code out} gets owned buffers, in order. */
    void filter(ByteBuf in, Consumer<ByteBuf> out) {
        if (state == State.BODY) {
            out.accept(in);
            return;
        }
        int size = in.readableBytes();
        try {
            scan(in, out);
            octets += state == State.BODY ? 0 : size;
        } finally {
            in.release();
        }
    }

    /** The message ends: what is held back is settled. {@code out} gets the trace fields here if nothing came before. */
    void finish(Consumer<ByteBuf> out) {
        if (state == State.START) {
            out.accept(trace.retainedDuplicate());
        }
        if (holding) {
            if (state == State.ID && ours.decide() == AuthservId.Match.OURS) {
                removed++;
            } else if (held.isReadable()) {
                out.accept(held.retainedDuplicate());
            }
        }
        state = State.BODY;
        holding = false;
    }

    /** Frees what is held; in every case the last call. */
    void release() {
        state = State.BODY;
        trace.release();
        held.release();
    }

    private void scan(ByteBuf in, Consumer<ByteBuf> out) {
        int end = in.writerIndex();
        int from = in.readerIndex(); // first octet of this buffer that was neither given out, nor held, nor dropped
        for (int i = in.readerIndex(); i < end; i++) {
            byte octet = in.getByte(i);
            if (state == State.START) {
                if (framing == Framing.DOT_STUFFED && octet == '.' && !dotSkipped) {
                    dotSkipped = true;
                    from = begin(in, from, i, out);
                    continue;
                }
                out.accept(trace.retainedDuplicate());
                if (octet == ' ' || octet == '\t') {
                    out.accept(Unpooled.wrappedBuffer(EMPTY_LINE));
                }
                state = State.LINE_START;
            }
            switch (state) {
                case LINE_START -> {
                    if (framing == Framing.DOT_STUFFED && octet == '.' && !dotSkipped) {
                        // The dot goes where the next octet sends this line: never out alone.
                        dotSkipped = true;
                        from = begin(in, from, i, out);
                    } else {
                        from = lineStart(in, from, i, octet, out);
                    }
                }
                case NAME -> from = name(from, octet, out);
                case AFTER_NAME -> from = afterName(from, octet, out);
                case ID -> from = id(in, from, i, octet, out);
                case PASS -> {
                    if (octet == '\n') {
                        lineEnds();
                    }
                }
                case MESSAGE_ID -> messageId(octet);
                case DROP -> {
                    from = i + 1;
                    if (octet == '\n') {
                        lineEnds();
                    }
                }
                case BODY, START -> throw new IllegalStateException(state.name());
            }
            if (state == State.BODY) {
                give(in, from, end, out);
                return;
            }
            if (holding && held.readableBytes() + (i + 1 - from) >= HOLD) {
                from = dropField(i + 1); // whose field it is did not become clear: it goes
                state = State.DROP;
                if (octet == '\n') {
                    lineEnds();
                }
            }
        }
        if (holding) {
            held.writeBytes(in, from, end - from);
        } else if (!inDroppedField) {
            give(in, from, end, out);
        }
    }

    private void messageId(byte octet) {
        StringBuilder id = messageId;
        if (id == null || octet == '\n' || messageIdEnded) {
            messageIdEnded |= id == null || id.length() > 0;
            state = State.PASS;
            if (octet == '\n') {
                lineEnds();
            }
        } else if (octet > ' ' && octet < 0x7f) {
            id.append((char) octet);
            messageIdEnded = octet == '>' || id.length() == TransactionRecord.MESSAGE_ID_LIMIT;
        }
    }

    private void lineEnds() {
        state = State.LINE_START;
        dotSkipped = false;
    }

    /** A possible field of ours begins at {@code i}: what stands before it goes out. */
    private int begin(ByteBuf in, int from, int i, Consumer<ByteBuf> out) {
        give(in, from, i, out);
        holding = true;
        held.clear();
        return i;
    }

    private int lineStart(ByteBuf in, int from, int i, byte octet, Consumer<ByteBuf> out) {
        boolean blank = octet == ' ' || octet == '\t';
        if (inDroppedField && blank) {
            holding = false;
            held.clear();
            state = State.DROP;
            return i + 1;
        }
        inDroppedField = false;
        if (blank) {
            // Folded behind its name (RFC 5322 §2.2.3), as long names are.
            state = messageId != null && !messageIdEnded ? State.MESSAGE_ID : State.PASS;
            return holding ? keep(from, out) : from;
        }
        messageIdEnded |= messageId != null;
        return lineOf(in, from, i, octet, out);
    }

    private int lineOf(ByteBuf in, int from, int i, byte octet, Consumer<ByteBuf> out) {
        int lower = lower(octet);
        if (lower == RESULTS[0]) {
            target = RESULTS;
            matched = 1;
            state = State.NAME;
            return holding ? from : begin(in, from, i, out);
        }
        int kept = holding ? keep(from, out) : from;
        if (octet == '\r') {
            // Clean content: LF follows, and the header section is over.
            state = State.BODY;
        } else if (lower == RECEIVED[0]) {
            target = RECEIVED;
            matched = 1;
            state = State.NAME;
        } else if (lower == MESSAGE_ID[0] && messageId == null) {
            target = MESSAGE_ID;
            matched = 1;
            state = State.NAME;
        } else {
            state = State.PASS;
        }
        return kept;
    }

    private int name(int from, byte octet, Consumer<ByteBuf> out) {
        if (lower(octet) == target[matched]) {
            if (++matched == target.length) {
                if (target == RESULTS) {
                    ours.begin();
                    state = State.ID;
                } else {
                    state = State.AFTER_NAME;
                }
            }
            return from;
        }
        return passOn(from, octet, out);
    }

    private int afterName(int from, byte octet, Consumer<ByteBuf> out) {
        if (octet == ' ' || octet == '\t') {
            return from;
        }
        if (octet != ':') {
            return passOn(from, octet, out);
        }
        if (target == MESSAGE_ID) {
            messageId = new StringBuilder(80);
            state = State.MESSAGE_ID;
        } else {
            received++;
            state = State.PASS;
        }
        return from;
    }

    private int id(ByteBuf in, int from, int i, byte octet, Consumer<ByteBuf> out) {
        AuthservId.Match match = ours.next(octet, framing);
        return switch (match) {
            case UNDECIDED -> from;
            case OURS -> {
                state = State.DROP;
                yield dropField(i + 1);
            }
            case OTHER -> {
                int kept = keep(from, out);
                state = State.PASS;
                if (octet == '\n') {
                    lineEnds();
                }
                yield kept;
            }
            case OURS_AND_NEXT_LINE -> {
                // The field had ended with its line; this octet is the first of another.
                boolean dotHeld = ours.dotBefore() && i == in.readerIndex();
                dropField(i);
                yield nextLine(in, i, i, octet, dotHeld, out);
            }
            case OTHER_AND_NEXT_LINE -> {
                boolean dotHeld = ours.dotBefore() && i == in.readerIndex();
                if (dotHeld) {
                    held.writerIndex(held.writerIndex() - 1);
                }
                yield nextLine(in, keep(from, out), i, octet, dotHeld, out);
            }
        };
    }

    /**
     * Goes on with the line that begins at {@code i}, or at the dot before it.
     *
     * @param dotHeld whether that dot stood in an earlier buffer (it was taken out of {@code held} with the field)
     */
    private int nextLine(ByteBuf in, int from, int i, byte octet, boolean dotHeld, Consumer<ByteBuf> out) {
        inDroppedField = false;
        state = State.LINE_START;
        dotSkipped = ours.dotBefore();
        int start = from;
        if (dotHeld) {
            give(in, from, i, out);
            start = begin(in, i, i, out);
            held.writeByte('.');
        } else if (dotSkipped) {
            start = begin(in, Math.min(from, i - 1), i - 1, out);
        }
        return lineOf(in, start, i, octet, out);
    }

    /** It is another field after all. */
    private int passOn(int from, byte octet, Consumer<ByteBuf> out) {
        int kept = holding ? keep(from, out) : from;
        state = State.PASS;
        if (octet == '\n') {
            lineEnds();
        }
        return kept;
    }

    /** What was held back goes out after all. */
    private int keep(int from, Consumer<ByteBuf> out) {
        if (held.isReadable()) {
            out.accept(Unpooled.copiedBuffer(held));
            held.clear();
        }
        holding = false;
        return from;
    }

    /** What was held back goes nowhere. */
    private int dropField(int next) {
        removed++;
        holding = false;
        inDroppedField = true;
        held.clear();
        return next;
    }

    private static void give(ByteBuf in, int from, int to, Consumer<ByteBuf> out) {
        if (to > from) {
            out.accept(in.retainedSlice(from, to - from));
        }
    }

    private static int lower(byte octet) {
        return octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
    }
}
