package io.countersign.smtp.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Finds the end and the faults of message content (RFC 5321 §4.1.1.4, §4.5.2; RFC 3030 §2). Knows no channel; one instance
 * serves one DATA, or all chunks of one BDAT transaction; not thread-safe.
 *
 * <p>It is pulled: each {@link #scan} consumes some octets and says what it found, so that the caller can stop after any
 * answer. What it finds does not depend on how the octets were cut into buffers. At a buffer's end it may know that up to two
 * octets ({@code CR}, {@code .}, {@code . CR}) could begin the end or a fault; these are held back as state, never as memory.
 *
 * <p>The end of DATA is {@code CRLF . CRLF} in the client's own octets, or {@code . CRLF} as the first line, and nothing else.
 * A line ends only in CRLF; with {@link BareNewline#NORMALIZE} also in LF, which is given out as CRLF. There, a dot behind a
 * bare LF is taken for what an LF-only client means by it, the first of a doubled dot, and left alone; but a line of one dot
 * that is not the end is given out as {@code . . CRLF}: what is given out never contains an end of its own.
 */
final class BodyScanner {
    /** What {@link #scan} came upon. */
    enum Found {
        /** Nothing to tell; everything offered was consumed. */
        MORE,
        /** {@link #takeContent} has a piece; there may be octets left in the buffer. */
        CONTENT,
        /** {@link #fault} says what; told once. What follows is consumed up to the end and not given out. */
        FAULT,
        /** The end; what follows in the buffer is no content. */
        END
    }

    private enum Ending {
        DOT_LINE,
        COUNT
    }

    private enum State {
        /** Behind CRLF, or at the very beginning. */
        LINE_START,
        /** Behind an LF that became CRLF: a dot here can not be the end. */
        SOFT_LINE_START,
        TEXT,
        /** From here on something is held back. CR in a line. */
        CR,
        /** CR was the last octet of a chunk and was given out with it, so that a chunk is never shorter than announced. */
        CR_GIVEN,
        DOT,
        DOT_CR,
        SOFT_DOT,
        SOFT_DOT_CR;

        boolean holdsBack() {
            return compareTo(CR) >= 0;
        }
    }

    private static final byte CR = '\r';
    private static final byte LF = '\n';
    private static final byte DOT = '.';
    private static final byte NUL = 0;

    private static final byte[] ONE_DOT = {DOT};
    private static final byte[] DOUBLED_DOT_LINE = {DOT, DOT, CR, LF};
    private static final byte[] LINE_END = {CR, LF};
    private static final byte[] ONE_CR = {CR};
    private static final byte[] ONE_LF = {LF};

    private final Ending ending;
    private final int textLine;
    private final BareNewline bareNewline;

    private State state = State.LINE_START;
    /** Octets of the current line so far, without a dot that stands for transparency only; at most {@link #textLine}. */
    private int lineOctets;

    private long octets;
    private @Nullable FramingFault fault;
    private @Nullable ByteBuf content;

    private BodyScanner(Ending ending, int textLine, BareNewline bareNewline) {
        this.ending = ending;
        this.textLine = textLine;
        this.bareNewline = bareNewline;
    }

    /** @param textLine most octets of one line, its end included, at least 3 */
    static BodyScanner forData(int textLine, BareNewline bareNewline) {
        return new BodyScanner(Ending.DOT_LINE, textLine, bareNewline);
    }

    /** A dot means nothing; the caller counts, and tells of each chunk's end by {@link #endOfChunk}. */
    static BodyScanner forChunks(int textLine, BareNewline bareNewline) {
        return new BodyScanner(Ending.COUNT, textLine, bareNewline);
    }

    /** The first fault, or null. */
    @Nullable
    FramingFault fault() {
        return fault;
    }

    /**
     * Octets of content since the beginning or the last {@link #beginChunk}: as given out, but without dots that stand for
     * transparency only. After a fault it goes on counting what is thrown away.
     */
    long octets() {
        return octets;
    }

    /** The piece that {@link Found#CONTENT} announced; the caller owns it. */
    ByteBuf takeContent() {
        ByteBuf taken = content;
        if (taken == null) {
            throw new IllegalStateException("no content was announced");
        }
        content = null;
        return taken;
    }

    /** A chunk begins: {@link #octets} counts from zero, the rest of the state goes on. */
    void beginChunk() {
        octets = 0;
    }

    /** The chunk's last octet was consumed. To be called until it says {@link Found#END}. */
    Found endOfChunk(SmtpServerDecoder.ChunkPosition position, ByteBufAllocator alloc) {
        if (fault == null && (state == State.CR || state == State.CR_GIVEN)) {
            if (position == SmtpServerDecoder.ChunkPosition.LAST) {
                state = State.TEXT;
                return refuse(FramingFault.BARE_CR);
            }
            if (state == State.CR) {
                state = State.CR_GIVEN;
                return give(alloc, ONE_CR);
            }
        }
        return Found.END;
    }

    /**
     * Consumes at most {@code length} of the readable octets of {@code in}, which is borrowed; a piece of content is a
     * retained slice of it.
     */
    Found scan(ByteBuf in, int length) {
        int end = in.readerIndex() + length;
        if (ending == Ending.COUNT && fault != null) {
            in.readerIndex(end);
            octets += length;
            return Found.MORE;
        }
        while (in.readerIndex() < end) {
            Found found = state.holdsBack() ? resolve(in) : run(in, end);
            if (found != Found.MORE) {
                return found;
            }
        }
        return Found.MORE;
    }

    /** Looks at the one octet that tells what the octets held back were. */
    private Found resolve(ByteBuf in) {
        byte octet = in.getByte(in.readerIndex());
        switch (state) {
            case CR, CR_GIVEN -> {
                boolean given = state == State.CR_GIVEN;
                state = State.TEXT;
                if (octet != LF) {
                    return refuse(FramingFault.BARE_CR);
                }
                boolean tooLong = lineOctets > textLine - 2;
                consume(in);
                startLine(State.LINE_START);
                if (tooLong) {
                    return refuse(FramingFault.LINE_TOO_LONG);
                }
                return give(in.alloc(), given ? ONE_LF : LINE_END);
            }
            case DOT, SOFT_DOT -> {
                if (octet == CR) {
                    state = state == State.DOT ? State.DOT_CR : State.SOFT_DOT_CR;
                    consume(in);
                    return Found.MORE;
                }
                state = State.TEXT;
                if (octet == LF && bareNewline == BareNewline.NORMALIZE) {
                    consume(in);
                    octets += 2; // the dot, which was meant as one, and the CR that LF gains
                    startLine(State.SOFT_LINE_START);
                    return give(in.alloc(), DOUBLED_DOT_LINE);
                }
                return isOrdinary(octet) ? give(in.alloc(), ONE_DOT) : Found.MORE;
            }
            case DOT_CR -> {
                if (octet == LF) {
                    in.skipBytes(1);
                    octets--; // the CR
                    startLine(State.LINE_START);
                    return Found.END;
                }
                state = State.TEXT;
                return refuse(FramingFault.BARE_CR);
            }
            case SOFT_DOT_CR -> {
                if (octet == LF) {
                    consume(in);
                    octets++; // the dot, which was meant as one
                    startLine(State.LINE_START);
                    return give(in.alloc(), DOUBLED_DOT_LINE);
                }
                state = State.TEXT;
                return refuse(FramingFault.BARE_CR);
            }
            default -> throw new IllegalStateException("nothing is held back in " + state);
        }
    }

    /**
     * Goes through text as far as one piece of content reaches. Whatever is special and does not simply belong to it (a fault,
     * a dot that may be the end) is left unread while there is a piece to give out first, and is dealt with by the next call.
     */
    private Found run(ByteBuf in, int end) {
        int base = in.readerIndex();
        int length = end - base;
        BodyView view = new BodyView(in, base, length);
        boolean discarding = fault != null;
        State now = state;
        int lineBase = -lineOctets; // an octet at index i is number i - lineBase of its line
        int uncounted = 0; // dots for transparency, less what LF gained
        int copied = 0; // up to here the octets stand in out
        ByteBuf out = null;
        int at = 0;
        while (true) {
            if (now != State.TEXT && at < length && ending == Ending.DOT_LINE && view.get(at) == DOT) {
                if (at + 1 == length || !isOrdinary(view.get(at + 1))) {
                    if (at > 0 && !discarding) {
                        return stop(in, base, at, now, 0, uncounted, out, copied);
                    }
                    octets += at - uncounted;
                    lineOctets = 0;
                    in.readerIndex(base + at + 1);
                    state = now == State.LINE_START ? State.DOT : State.SOFT_DOT;
                    return Found.MORE;
                }
                uncounted++;
                at++;
                lineBase = at;
            }
            int low = view.firstLow(at);
            if (low > at) {
                now = State.TEXT;
            }
            if (low - lineBase > textLine && !discarding) {
                int cut = lineBase + textLine;
                return cut > 0
                        ? stop(in, base, cut, State.TEXT, textLine, uncounted, out, copied)
                        : fault(in, 0, FramingFault.LINE_TOO_LONG);
            }
            if (low == length) {
                return stop(in, base, length, now, discarding ? 0 : length - lineBase, uncounted, out, copied);
            }
            byte octet = view.get(low);
            FramingFault wrong;
            if (octet == CR && low + 1 == length) {
                Found found = stop(in, base, low, State.CR, discarding ? 0 : low - lineBase, uncounted, out, copied);
                consume(in);
                return found;
            } else if (octet == CR && view.get(low + 1) == LF) {
                if (low - lineBase <= textLine - 2 || discarding) {
                    at = low + 2;
                    lineBase = at;
                    now = State.LINE_START;
                    continue;
                }
                wrong = FramingFault.LINE_TOO_LONG;
            } else if (octet == CR) {
                wrong = FramingFault.BARE_CR;
            } else if (octet == LF && bareNewline == BareNewline.NORMALIZE) {
                if (low - lineBase <= textLine - 2 || discarding) {
                    if (!discarding) {
                        if (out == null) {
                            out = in.alloc().buffer(length + 256);
                        }
                        out.writeBytes(in, base + copied, low - copied).writeBytes(LINE_END);
                        copied = low + 1;
                    }
                    uncounted--;
                    at = low + 1;
                    lineBase = at;
                    now = State.SOFT_LINE_START;
                    continue;
                }
                wrong = FramingFault.LINE_TOO_LONG;
            } else if (octet == LF) {
                wrong = FramingFault.BARE_LF;
            } else if (octet == NUL) {
                wrong = FramingFault.NUL;
            } else {
                at = low + 1;
                now = State.TEXT;
                continue;
            }
            if (discarding) {
                at = low + 1;
                now = State.TEXT;
            } else if (low > 0) {
                return stop(in, base, low, now, low - lineBase, uncounted, out, copied);
            } else {
                return fault(in, wrong == FramingFault.LINE_TOO_LONG ? 0 : 1, wrong);
            }
        }
    }

    /** Consumes {@code length} octets from {@code base} and gives them out. */
    private Found stop(
            ByteBuf in, int base, int length, State next, int line, int uncounted, @Nullable ByteBuf out, int copied) {
        in.readerIndex(base + length);
        octets += length - uncounted;
        state = next;
        lineOctets = line;
        if (fault != null || length == 0) {
            return Found.MORE;
        }
        content = out == null ? in.retainedSlice(base, length) : out.writeBytes(in, base + copied, length - copied);
        return Found.CONTENT;
    }

    /** The fault is the next octet: consumes {@code length} octets of it. */
    private Found fault(ByteBuf in, int length, FramingFault wrong) {
        in.skipBytes(length);
        octets += length;
        state = State.TEXT;
        return refuse(wrong);
    }

    private Found refuse(FramingFault wrong) {
        if (fault != null) {
            return Found.MORE;
        }
        fault = wrong;
        lineOctets = 0;
        return Found.FAULT;
    }

    private Found give(ByteBufAllocator alloc, byte[] piece) {
        if (fault != null) {
            return Found.MORE;
        }
        content = alloc.buffer(piece.length).writeBytes(piece);
        return Found.CONTENT;
    }

    private void consume(ByteBuf in) {
        in.skipBytes(1);
        octets++;
    }

    private void startLine(State start) {
        state = start;
        lineOctets = 0;
    }

    private static boolean isOrdinary(byte octet) {
        return octet != CR && octet != LF && octet != NUL;
    }
}
