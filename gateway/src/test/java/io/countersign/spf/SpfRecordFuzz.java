package io.countersign.spf;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** Fuzz target: a TXT record is a policy, or is refused as one; nothing else happens. */
public final class SpfRecordFuzz {
    private SpfRecordFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        String text = "v=spf1 " + new String(data, ISO_8859_1);
        if (!SpfRecord.isPolicy(text)) {
            throw new AssertionError("begins with the version and a space");
        }
        try {
            SpfRecord first = SpfRecord.parse(text);
            SpfRecord second = SpfRecord.parse(text);
            if (first.mechanisms().size() != second.mechanisms().size()) {
                throw new AssertionError("read twice, and two things found");
            }
        } catch (SpfSyntaxException expected) {
            if (expected.getMessage() == null) {
                throw new AssertionError("refused without a word", expected);
            }
        }
    }
}
