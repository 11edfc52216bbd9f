package io.countersign.lab;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The content of a message as a {@link LabMta} took it, dots no longer doubled.
 *
 * @param size in octets
 * @param sha256 in lower-case hexadecimal; empty with {@link Recording#COUNTS}
 * @param octets each char one octet; present with {@link Recording#BODIES}
 */
public record Content(long size, String sha256, Optional<String> octets, Set<LineFault> faults, Transfer transfer) {

    /** By which command it came. */
    public enum Transfer {
        DATA,
        BDAT
    }

    /** How much a {@link LabMta} keeps of the messages it accepts. */
    public enum Recording {
        /** Numbers only; no messages and no transcripts. For benchmarks. */
        COUNTS,
        /** Envelope, size and digest. */
        DIGESTS,
        /** All of that, and the content itself. */
        BODIES
    }

    /** The content as text; octets beyond ASCII are read as UTF-8. */
    public String text() {
        return new String(
                octets.orElseThrow(() -> new IllegalStateException("the MTA was not told to keep bodies"))
                        .getBytes(StandardCharsets.ISO_8859_1),
                StandardCharsets.UTF_8);
    }

    /** The digest of content, for comparison; each char of {@code octets} is one. */
    public static String sha256(String octets) {
        return HexFormat.of().formatHex(digest().digest(octets.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Content while it arrives. */
    static final class Arriving implements ContentReader.Sink {
        private final Recording recording;
        /** None with {@link Recording#COUNTS}: a sink for benchmarks must not hash. */
        private final @Nullable MessageDigest digest;

        private final ByteArrayOutputStream kept = new ByteArrayOutputStream(0);
        private long size;

        Arriving(Recording recording) {
            this.recording = recording;
            this.digest = recording == Recording.COUNTS ? null : digest();
        }

        @Override
        public void take(byte[] octets, int from, int to) {
            size += to - from;
            if (digest != null) {
                digest.update(octets, from, to - from);
            }
            if (recording == Recording.BODIES) {
                kept.write(octets, from, to - from);
            }
        }

        long size() {
            return size;
        }

        /** To be called once. */
        Content arrived(Set<LineFault> faults, Transfer transfer) {
            Optional<String> body = recording == Recording.BODIES
                    ? Optional.of(kept.toString(StandardCharsets.ISO_8859_1))
                    : Optional.empty();
            Set<LineFault> seen = faults.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(faults));
            String sum = digest == null ? "" : HexFormat.of().formatHex(digest.digest());
            return new Content(size, sum, body, seen, transfer);
        }
    }
}
