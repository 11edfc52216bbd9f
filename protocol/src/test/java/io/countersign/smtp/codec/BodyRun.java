package io.countersign.smtp.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What {@link BodyScanner} made of some octets that came in pieces, for comparison with {@link NaiveBody}. */
final class BodyRun {
    final String given;
    final @Nullable FramingFault fault;
    final int faultsTold;
    final int consumed;
    final long octets;

    private BodyRun(BodyScanner scanner, String given, int faultsTold, int consumed) {
        this.given = given;
        this.fault = scanner.fault();
        this.faultsTold = faultsTold;
        this.consumed = consumed;
        this.octets = consumed < 0 ? -1 : scanner.octets();
    }

    /** How the scanner gets at the octets of a buffer: in its array, or through copies of a few at a time. */
    private enum Access {
        ARRAY,
        COPIES
    }

    /** @param cuts ascending, each over 0 and below the length */
    static BodyRun of(String wire, int textLine, BareNewline bareNewline, int... cuts) {
        return of(Access.ARRAY, wire, textLine, bareNewline, cuts);
    }

    private static BodyRun of(Access access, String wire, int textLine, BareNewline bareNewline, int... cuts) {
        BodyScanner scanner = BodyScanner.forData(textLine, bareNewline);
        StringBuilder given = new StringBuilder();
        byte[] octets = wire.getBytes(ISO_8859_1);
        int faults = 0;
        int consumed = -1;
        int from = 0;
        for (int i = 0; i <= cuts.length && consumed < 0; i++) {
            int to = i < cuts.length ? cuts[i] : octets.length;
            ByteBuf array = Unpooled.wrappedBuffer(octets, from, to - from);
            ByteBuf in = access == Access.ARRAY ? array : array.asReadOnly();
            BodyScanner.Found found;
            do {
                found = scanner.scan(in, in.readableBytes());
                switch (found) {
                    case CONTENT -> {
                        ByteBuf piece = scanner.takeContent();
                        given.append(piece.toString(ISO_8859_1));
                        piece.release();
                    }
                    case FAULT -> faults++;
                    case END -> consumed = to - in.readableBytes();
                    case MORE -> {}
                }
            } while (found == BodyScanner.Found.CONTENT || found == BodyScanner.Found.FAULT);
            in.release();
            from = to;
        }
        return new BodyRun(scanner, given.toString(), faults, consumed);
    }

    /** Plain comparisons, not assertions: it is called some hundred thousand times. */
    static void same(NaiveBody.Outcome expected, String wire, int textLine, BareNewline bareNewline, int... cuts) {
        for (Access access : Access.values()) {
            same(expected, access, wire, textLine, bareNewline, cuts);
        }
    }

    private static void same(
            NaiveBody.Outcome expected,
            Access access,
            String wire,
            int textLine,
            BareNewline bareNewline,
            int... cuts) {
        BodyRun actual = of(access, wire, textLine, bareNewline, cuts);
        if (!expected.given().equals(actual.given)
                || expected.fault() != actual.fault
                || actual.faultsTold != (expected.fault() == null ? 0 : 1)
                || expected.consumed() != actual.consumed
                || expected.octets() != actual.octets) {
            throw new AssertionError(ServerSide.printable(wire) + " limit " + textLine + " cut at "
                    + Arrays.toString(cuts) + ", " + access + "\nexpected " + ServerSide.printable(expected.toString())
                    + "\nactual   " + ServerSide.printable(actual.given) + " " + actual.fault + " x"
                    + actual.faultsTold + " " + actual.consumed + " " + actual.octets);
        }
    }
}
