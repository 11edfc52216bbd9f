package io.countersign.lab;

import java.util.EnumSet;
import java.util.Set;

/**
 * Reads the content of one message: finds its end, takes the doubled dots out, notes what must not be there.
 * Written octet by octet, so that it can be checked by reading it: it is the oracle for smuggling.
 */
final class ContentReader {

    /** Takes content, which it must copy if it keeps it. */
    interface Sink {
        void take(byte[] octets, int from, int to);
    }

    private enum State {
        LINE_START,
        TEXT,
        /** After a CR. LAX: at the start of a line, and an LF would belong to the CR. */
        CR,
        /** After a dot at the start of a line; the dot is not content so far. */
        DOT,
        /** STRICT only: after CRLF.CR; neither the dot nor the CR is content so far. */
        DOT_CR
    }

    private static final byte[] LONE_CR = {'\r'};

    private final LineRule rule;
    private final Sink sink;
    private final Set<LineFault> faults = EnumSet.noneOf(LineFault.class);
    private State state = State.LINE_START;
    private boolean ended;
    private boolean endedByCr;

    ContentReader(LineRule rule, Sink sink) {
        this.rule = rule;
        this.sink = sink;
    }

    /** What was seen so far. */
    Set<LineFault> faults() {
        return faults;
    }

    /** Whether {@link #read} has come to the end of the content. */
    boolean ended() {
        return ended;
    }

    /** LAX: the end was a CR; an LF right behind it belongs to it and is not a command. */
    boolean endedByCr() {
        return endedByCr;
    }

    /**
     * Reads DATA content from {@code from} up to {@code to} or up to the end of the content.
     *
     * @return the index behind the last octet read
     */
    int read(byte[] in, int from, int to) {
        int kept = from; // everything before it went to the sink or was left out
        for (int i = from; i < to; i++) {
            if (state == State.TEXT) {
                i = pastPlain(in, i, to);
                if (i == to) {
                    break;
                }
            }
            byte octet = in[i];
            if (octet == 0) {
                faults.add(LineFault.NUL);
                if (rule == LineRule.LAX) {
                    continue;
                }
            }
            switch (state) {
                case LINE_START -> {
                    if (octet == '.') {
                        pass(in, kept, i);
                        kept = i + 1;
                        state = State.DOT;
                    } else {
                        state = text(octet);
                    }
                }
                case TEXT -> state = text(octet);
                case CR -> {
                    if (octet == '\n') {
                        state = State.LINE_START;
                    } else {
                        faults.add(LineFault.BARE_CR);
                        if (rule == LineRule.LAX && octet == '.') {
                            pass(in, kept, i);
                            kept = i + 1;
                            state = State.DOT;
                        } else {
                            state = text(octet);
                        }
                    }
                }
                case DOT -> {
                    if (rule == LineRule.LAX && (octet == '\r' || octet == '\n')) {
                        return end(octet, i + 1);
                    } else if (octet == '\r') {
                        kept = i + 1;
                        state = State.DOT_CR;
                    } else {
                        state = text(octet);
                    }
                }
                case DOT_CR -> {
                    if (octet == '\n') {
                        return end(octet, i + 1);
                    }
                    faults.add(LineFault.BARE_CR);
                    sink.take(LONE_CR, 0, 1);
                    state = text(octet);
                }
            }
        }
        pass(in, kept, to);
        return to;
    }

    /** Reads exactly these octets as they are: a chunk of BDAT. */
    void readChunk(byte[] in, int from, int to) {
        for (int i = from; i < to; i++) {
            if (state == State.TEXT) {
                i = pastPlain(in, i, to);
                if (i == to) {
                    break;
                }
            }
            byte octet = in[i];
            if (state == State.CR && octet != '\n') {
                faults.add(LineFault.BARE_CR);
            } else if (octet == '\n' && state != State.CR) {
                faults.add(LineFault.BARE_LF);
            }
            if (octet == 0) {
                faults.add(LineFault.NUL);
            }
            state = octet == '\r' ? State.CR : State.TEXT;
        }
        pass(in, from, to);
    }

    /** The last chunk of BDAT has been read. */
    void lastChunkRead() {
        if (state == State.CR) {
            faults.add(LineFault.BARE_CR);
        }
        ended = true;
    }

    /** The first octet that is not above CR: most text is, and is nothing but text in the middle of a line. */
    private static int pastPlain(byte[] in, int from, int to) {
        int i = from;
        while (i < to && (in[i] > '\r' || in[i] < 0)) {
            i++;
        }
        return i;
    }

    /** Where an octet leads that ends no content and is no dot at the start of a line. */
    private State text(byte octet) {
        if (octet == '\r') {
            return State.CR;
        } else if (octet != '\n') {
            return State.TEXT;
        }
        faults.add(LineFault.BARE_LF);
        return rule == LineRule.LAX ? State.LINE_START : State.TEXT;
    }

    private int end(byte last, int next) {
        if (rule == LineRule.LAX && last == '\n') {
            faults.add(LineFault.BARE_LF);
        }
        ended = true;
        endedByCr = last == '\r';
        return next;
    }

    private void pass(byte[] in, int from, int to) {
        if (from < to) {
            sink.take(in, from, to);
        }
    }
}
