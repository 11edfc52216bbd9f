package io.countersign.verdict;

import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.SmtpReply;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The octets of the cache file: magic number, version, wall clock at saving, then records, each behind a letter: {@code S} a sender,
 * {@code R} a recipient, {@code T} a side table, {@code E} the end. Times are ages, since the monotonic clock of one run means
 * nothing to the next. The checksum around it is {@link CacheFile}'s.
 *
 * <p>Reading trusts nothing: no length leads to more memory than the file itself has octets, text is made printable, what makes no
 * sense ends the reading with an {@link IOException}.
 */
final class CacheCodec {
    private static final long MAGIC = 0x434f554e54525347L;
    private static final int VERSION = 1;
    /** Of a text when written: {@code writeUTF} takes no more than 65,535 octets. */
    private static final int LONGEST_TEXT = 2_000;

    private static final int MOST_LINES = 100;
    private static final int LARGEST_TABLE = 32 * 1024 * 1024;
    private static final Duration LONGEST_DOWN = Duration.ofDays(30);
    private static final long LONGEST_AGE = Duration.ofDays(3_650).toMillis();

    private CacheCodec() {}

    static void write(DataOutputStream out, VerdictCache cache, List<SideTable> tables, Instant wall)
            throws IOException {
        out.writeLong(MAGIC);
        out.writeInt(VERSION);
        out.writeLong(wall.toEpochMilli());
        long now = cache.now();
        for (SideTable table : tables) {
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            table.save(new DataOutputStream(octets));
            if (octets.size() > LARGEST_TABLE) {
                throw new IOException("table " + table.name() + " has " + octets.size() + " octets");
            }
            out.writeByte('T');
            out.writeUTF(table.name());
            out.writeInt(octets.size());
            octets.writeTo(out);
        }
        for (Map.Entry<String, SenderEntry> e : cache.senderEntries().entrySet()) {
            out.writeByte('S');
            out.writeUTF(cut(e.getKey()));
            writeFact(out, e.getValue().fact(), now);
            writeOptional(out, e.getValue().doubt(), now);
            writeOptional(out, e.getValue().attempt(), now);
        }
        for (Map.Entry<String, RecipientEntry> e : cache.recipientEntries().entrySet()) {
            out.writeByte('R');
            out.writeUTF(cut(e.getKey()));
            writeRecipient(out, e.getValue(), now);
        }
        out.writeByte('E');
    }

    private static void writeOptional(DataOutputStream out, @Nullable Fact fact, long now) throws IOException {
        out.writeBoolean(fact != null);
        if (fact != null) {
            writeFact(out, fact, now);
        }
    }

    private static void writeFact(DataOutputStream out, Fact fact, long now) throws IOException {
        Verdict verdict = fact.verdict();
        Evidence evidence = verdict.evidence();
        out.writeUTF(verdict.reason().word());
        out.writeUTF(verdict.stage() == null ? "" : verdict.stage().word());
        out.writeUTF(verdict.source().word());
        writeAge(out, now - fact.at());
        out.writeLong(verdict.at().toEpochMilli());
        writeText(out, evidence.exchanger());
        writeText(out, evidence.address());
        writeText(out, evidence.reply());
        writeText(out, evidence.detail());
        writeLines(out, evidence.dialogue());
    }

    private static void writeRecipient(DataOutputStream out, RecipientEntry entry, long now) throws IOException {
        writeAge(out, now - entry.at());
        SmtpReply reply = entry.refusal();
        out.writeShort(reply == null ? 0 : reply.code());
        if (reply == null) {
            return;
        }
        EnhancedStatus status = reply.enhanced();
        out.writeByte(status == null ? 0 : status.statusClass());
        if (status != null) {
            out.writeShort(status.subject());
            out.writeShort(status.detail());
        }
        writeLines(out, reply.lines());
    }

    private static void writeAge(DataOutputStream out, long nanos) throws IOException {
        out.writeLong(Math.max(0, nanos / 1_000_000));
    }

    private static void writeText(DataOutputStream out, @Nullable String text) throws IOException {
        out.writeBoolean(text != null);
        if (text != null) {
            out.writeUTF(cut(text));
        }
    }

    private static void writeLines(DataOutputStream out, List<String> lines) throws IOException {
        int count = Math.min(lines.size(), MOST_LINES);
        out.writeByte(count);
        for (String line : lines.subList(0, count)) {
            out.writeUTF(cut(line));
        }
    }

    private static String cut(String text) {
        return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT);
    }

    /**
     * @param size octets that {@code in} has, for no length may be larger
     * @return records taken
     * @throws IOException also when the content makes no sense; some of it may have been taken then
     */
    static int read(DataInputStream in, long size, VerdictCache cache, List<SideTable> tables, Instant wall)
            throws IOException {
        try {
            return readAll(in, size, cache, tables, wall);
        } catch (IllegalArgumentException e) {
            // The values refuse to be made of it: as wrong as an impossible letter.
            throw new IOException("impossible value: " + e.getMessage(), e);
        }
    }

    private static int readAll(DataInputStream in, long size, VerdictCache cache, List<SideTable> tables, Instant wall)
            throws IOException {
        if (in.readLong() != MAGIC) {
            throw new IOException("not a cache file");
        }
        int version = in.readInt();
        if (version != VERSION) {
            throw new IOException("version " + version + " is not " + VERSION);
        }
        Duration down = down(in.readLong(), wall);
        int taken = 0;
        while (true) {
            int letter = in.readUnsignedByte();
            switch (letter) {
                case 'S' -> cache.restore(readKey(in), readSender(in, cache.now(), down));
                case 'R' -> cache.restore(readKey(in), readRecipient(in, cache.now(), down));
                case 'T' -> readTable(in, size, tables, down);
                case 'E' -> {
                    return taken;
                }
                default -> throw new IOException("record of kind " + letter);
            }
            taken++;
        }
    }

    /** The wall clock may have been set back or far ahead meanwhile: never negative, never beyond all measure. */
    private static Duration down(long saved, Instant wall) {
        long now = wall.toEpochMilli();
        if (saved < 0 || saved >= now) {
            return Duration.ZERO;
        }
        return Duration.ofMillis(Math.min(now - saved, LONGEST_DOWN.toMillis()));
    }

    private static SenderEntry readSender(DataInputStream in, long now, Duration down) throws IOException {
        Fact fact = readFact(in, now, down);
        Fact doubt = in.readBoolean() ? readFact(in, now, down) : null;
        Fact attempt = in.readBoolean() ? readFact(in, now, down) : null;
        if ((doubt != null && doubt.kind() != Kind.UNDELIVERABLE) || (attempt != null && attempt.isDefinite())) {
            throw new IOException("a doubt that is no refusal, or an attempt that is an answer");
        }
        return new SenderEntry(fact, doubt, attempt);
    }

    private static Fact readFact(DataInputStream in, long now, Duration down) throws IOException {
        Reason reason = byWord(Reason.values(), Reason::word, in.readUTF());
        String stageWord = in.readUTF();
        Stage stage = stageWord.isEmpty() ? null : byWord(Stage.values(), Stage::word, stageWord);
        Source source = byWord(Source.values(), Source::word, in.readUTF());
        long at = readAt(in, now, down);
        Instant wall = Instant.ofEpochMilli(Math.max(0, Math.min(in.readLong(), Long.MAX_VALUE / 2)));
        String exchanger = readText(in);
        String address = readText(in);
        String reply = readText(in);
        String detail = readText(in);
        Evidence evidence = new Evidence(exchanger, address, reply, detail == null ? "" : detail, readLines(in));
        return new Fact(new Verdict(reason, stage, source, Duration.ZERO, wall, evidence), at);
    }

    private static <E> E byWord(E[] values, Function<E, String> word, String text) throws IOException {
        for (E value : values) {
            if (word.apply(value).equals(text)) {
                return value;
            }
        }
        throw new IOException("unknown word");
    }

    private static RecipientEntry readRecipient(DataInputStream in, long now, Duration down) throws IOException {
        long at = readAt(in, now, down);
        int code = in.readUnsignedShort();
        if (code == 0) {
            return new RecipientEntry(null, at);
        }
        int statusClass = in.readUnsignedByte();
        EnhancedStatus status = statusClass == 0
                ? null
                : EnhancedStatus.of(statusClass, in.readUnsignedShort(), in.readUnsignedShort());
        SmtpReply reply = new SmtpReply(code, status, readLines(in));
        if (!RecipientEntry.isAboutAddress(reply)) {
            throw new IOException("a refusal that is not about the address");
        }
        return new RecipientEntry(reply, at);
    }

    private static long readAt(DataInputStream in, long now, Duration down) throws IOException {
        long age = Math.max(0, Math.min(in.readLong(), LONGEST_AGE));
        return now - Duration.ofMillis(age).plus(down).toNanos();
    }

    private static String readKey(DataInputStream in) throws IOException {
        String key = in.readUTF();
        if (key.indexOf('@') < 0) {
            throw new IOException("a key that is no address");
        }
        return key;
    }

    private static @Nullable String readText(DataInputStream in) throws IOException {
        return in.readBoolean() ? printable(in.readUTF()) : null;
    }

    private static List<String> readLines(DataInputStream in) throws IOException {
        int count = in.readUnsignedByte();
        if (count > MOST_LINES) {
            throw new IOException(count + " lines");
        }
        List<String> lines = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            lines.add(printable(in.readUTF()));
        }
        return lines;
    }

    private static String printable(String text) {
        if (text.chars().allMatch(c -> c >= ' ' && c != 0x7f)) {
            return text;
        }
        StringBuilder clean = new StringBuilder(text.length());
        text.chars().forEach(c -> clean.append(c >= ' ' && c != 0x7f ? (char) c : '?'));
        return clean.toString();
    }

    private static void readTable(DataInputStream in, long size, List<SideTable> tables, Duration down)
            throws IOException {
        String name = in.readUTF();
        int length = in.readInt();
        if (length < 0 || length > LARGEST_TABLE || length > size) {
            throw new IOException("a table of " + length + " octets");
        }
        byte[] octets = in.readNBytes(length);
        if (octets.length < length) {
            throw new EOFException("a table that ends early");
        }
        for (SideTable table : tables) {
            if (table.name().equals(name)) {
                table.restore(new DataInputStream(new ByteArrayInputStream(octets)), down);
            }
        }
    }
}
