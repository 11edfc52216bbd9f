package io.countersign.verdict;

import static io.countersign.verdict.Samples.address;
import static io.countersign.verdict.Samples.asked;
import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpReply;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheFileTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final MailAddress GOOD = address("good@b.example");
    private static final MailAddress BAD = address("bad@b.example");

    @TempDir
    Path dir;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    /** One life of the gateway: its own monotonic clock, the wall clock it sees. */
    private final class Run {
        final FakeTicker ticker;
        final VerdictCache cache;
        final DeferralClock clocks;
        final CacheFile file;

        Run(Instant wall, long origin) {
            ticker = new FakeTicker(origin);
            cache = new VerdictCache(Samples.SHIPPED, ticker);
            clocks = new DeferralClock(1_000, ticker);
            file = new CacheFile(path(), cache, List.of(clocks), registry, Clock.fixed(wall, ZoneOffset.UTC));
        }

        Run loaded() {
            file.load();
            return this;
        }

        Remembered sender(MailAddress address) {
            return Objects.requireNonNull(cache.sender(address), "not remembered");
        }
    }

    private Path path() {
        return dir.resolve("verdicts");
    }

    private double failures() {
        return registry.get("countersign.cache.file.failures").counter().count();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private Run filled() {
        Run run = new Run(NOON, 5_000_000_000L);
        run.cache.learn(GOOD, asked(Reason.ACCEPTED));
        run.cache.learn(BAD, asked(Reason.NO_SUCH_MAILBOX));
        run.cache.learn(address("doubted@b.example"), asked(Reason.ACCEPTED));
        run.cache.learn(address("doubted@b.example"), asked(Reason.NO_SUCH_MAILBOX));
        run.cache.learn(address("later@b.example"), asked(Reason.TRY_LATER));
        run.cache.recipientAccepted(address("r@ours.example"));
        run.cache.recipientUnknown(address("u@ours.example"), SmtpReply.of("550 5.1.1 unknown here"));
        run.clocks.mayDefer(Samples.domain("b.example"), Duration.ofHours(4));
        run.ticker.pass(Duration.ofSeconds(30));
        assertThat(run.file.save()).isTrue();
        return run;
    }

    @Test
    void a_restart_loses_nothing() {
        filled();
        Run next = new Run(NOON.plusSeconds(60), -77_000_000_000_000L).loaded();
        Remembered good = next.sender(GOOD);
        assertThat(good.verdict().age()).isEqualTo(Duration.ofSeconds(90));
        assertThat(good.verdict().evidence()).isEqualTo(asked(Reason.ACCEPTED).evidence());
        assertThat(good.verdict().stage()).isEqualTo(Stage.RCPT);
        assertThat(next.sender(address("later@b.example")).verdict().reason()).isEqualTo(Reason.TRY_LATER);
        RememberedRecipient unknown = next.cache.recipient(address("u@ours.example"));
        assertThat(unknown).isNotNull().extracting(RememberedRecipient::reply).hasToString("550 5.1.1 unknown here");
        assertThat(next.cache.recipient(address("r@ours.example")))
                .isNotNull()
                .extracting(RememberedRecipient::answersProbes)
                .isEqualTo(true);
        assertThat(next.clocks.running(Samples.domain("b.example"))).contains(Duration.ofSeconds(90));
        assertThat(failures()).isZero();
    }

    @Test
    void after_a_restart_nobody_is_refused_before_the_negative_was_asked_again() {
        filled();
        Run next = new Run(NOON.minusSeconds(3_600), 0).loaded();
        assertThat(next.sender(BAD).mayRefuse()).isFalse();
        assertThat(next.sender(BAD).needsRefresh()).isTrue();
        assertThat(next.cache.recipient(address("u@ours.example")))
                .isNotNull()
                .extracting(RememberedRecipient::mayRefuse)
                .isEqualTo(false);
        next.cache.learn(address("doubted@b.example"), asked(Reason.NO_SUCH_MAILBOX));
        assertThat(next.sender(address("doubted@b.example")).verdict().reason()).isEqualTo(Reason.ACCEPTED);
    }

    @Test
    void OP09_a_wall_clock_set_back_or_ahead_while_we_were_down_makes_nothing_younger_or_bad() {
        filled();
        Run back = new Run(NOON.minus(Duration.ofDays(400)), 0).loaded();
        assertThat(back.sender(GOOD).verdict().age()).isEqualTo(Duration.ofSeconds(30));
        Run ahead = new Run(NOON.plus(Duration.ofDays(4_000)), 0).loaded();
        assertThat(ahead.cache.sender(GOOD)).isNull();
        assertThat(ahead.clocks.mayDefer(Samples.domain("b.example"), Duration.ofHours(4)))
                .as("a deferral may end early, never start anew")
                .isFalse();
        assertThat(failures()).isZero();
    }

    @Test
    void nothing_is_written_when_nothing_has_changed() throws Exception {
        Run run = filled();
        Files.delete(path());
        assertThat(run.file.save()).isTrue();
        assertThat(path()).doesNotExist();
        run.cache.recipientAccepted(GOOD);
        assertThat(run.file.save()).isTrue();
        assertThat(path()).exists();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
                .isEqualTo("rw-------");
    }

    @Test
    void OP16_a_damaged_file_is_moved_aside_and_mail_goes_on() throws Exception {
        filled();
        byte[] octets = Files.readAllBytes(path());
        octets[octets.length / 2] ^= 1;
        Files.write(path(), octets);
        Run next = new Run(NOON, 0).loaded();
        assertThat(next.cache.sender(GOOD)).isNull();
        assertThat(names()).containsExactly("verdicts.corrupt-20260301T120000Z");
        assertThat(failures()).isEqualTo(1);
        next.cache.learn(GOOD, asked(Reason.ACCEPTED));
        assertThat(next.file.save()).isTrue();
        assertThat(new Run(NOON, 0).loaded().sender(GOOD).verdict().reason()).isEqualTo(Reason.ACCEPTED);
    }

    @Test
    void a_crash_while_writing_leaves_the_old_file() throws Exception {
        filled();
        Files.write(dir.resolve("verdicts.new"), new byte[] {1, 2, 3});
        Run next = new Run(NOON, 0).loaded();
        assertThat(next.sender(GOOD)).isNotNull();
        next.cache.recipientAccepted(GOOD);
        assertThat(next.file.save()).isTrue();
        assertThat(names()).containsExactly("verdicts");
    }

    /** A table whose disk is full. */
    private record Full(long changes) implements SideTable {
        @Override
        public String name() {
            return "full";
        }

        @Override
        public void save(DataOutput out) throws IOException {
            out.write(new byte[100_000]);
            throw new IOException("No space left on device");
        }

        @Override
        public void restore(DataInput in, Duration down) {
            throw new IllegalStateException("never written");
        }
    }

    @Test
    void OP08_a_full_disk_is_counted_and_keeps_the_last_good_snapshot() throws Exception {
        Run run = filled();
        byte[] before = Files.readAllBytes(path());
        CacheFile full =
                new CacheFile(path(), run.cache, List.of(new Full(7)), registry, Clock.fixed(NOON, ZoneOffset.UTC));
        assertThat(full.save()).isFalse();
        assertThat(full.save()).isFalse();
        assertThat(failures()).isEqualTo(2);
        assertThat(Files.readAllBytes(path())).isEqualTo(before);
        assertThat(names()).containsExactly("verdicts");
    }

    @Test
    void a_folder_that_is_missing_is_counted_and_no_more() {
        CacheFile nowhere = new CacheFile(
                dir.resolve("missing").resolve("verdicts"),
                filled().cache,
                List.of(),
                registry,
                Clock.fixed(NOON, ZoneOffset.UTC));
        nowhere.load();
        filled().cache.learn(GOOD, asked(Reason.ACCEPTED));
        CacheFile fresh = new CacheFile(
                dir.resolve("missing").resolve("verdicts"),
                filled().cache,
                List.of(),
                registry,
                Clock.fixed(NOON, ZoneOffset.UTC));
        assertThat(fresh.save()).isFalse();
        assertThat(failures()).isEqualTo(1);
    }

    @Test
    void OP16_whatever_the_file_holds_the_gateway_starts_and_its_memory_stays_bounded() throws Exception {
        filled();
        byte[] whole = Files.readAllBytes(path());
        for (int seed = 0; seed < 20; seed++) {
            Files.write(path(), mutant(whole, new Random(seed)));
            Run run = new Run(NOON, 0).loaded();
            run.cache.learn(GOOD, asked(Reason.ACCEPTED));
            assertThat(run.file.save()).as("seed %s", seed).isTrue();
        }
    }

    @Test
    void OP16_whatever_the_reader_is_given_it_answers_with_an_IOException_or_with_facts_that_refuse_nobody() {
        byte[] whole = octets(filled());
        int understood = 0;
        for (int seed = 0; seed < 4_000; seed++) {
            byte[] mutant = mutant(whole, new Random(seed));
            Run run = new Run(NOON, 0);
            try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(mutant))) {
                CacheCodec.read(in, mutant.length, run.cache, List.of(run.clocks), NOON);
                understood++;
            } catch (IOException damaged) {
                assertThat(damaged).hasNoSuppressedExceptions();
            }
            assertThat(run.cache.senderStats().weight()).as("seed %s", seed).isLessThan(2_000_000);
            Remembered bad = run.cache.sender(BAD);
            boolean refuses = bad != null && bad.mayRefuse();
            assertThat(refuses).as("seed %s", seed).isFalse();
        }
        assertThat(understood).as("mutants that are still a cache").isPositive();
    }

    private static byte[] octets(Run run) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(octets)) {
            CacheCodec.write(out, run.cache, List.of(run.clocks), NOON);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return octets.toByteArray();
    }

    private static byte[] mutant(byte[] whole, Random random) {
        byte[] mutant = mutate(whole, random);
        if (random.nextInt(4) > 0) {
            sign(mutant);
        }
        return mutant;
    }

    private static byte[] mutate(byte[] whole, Random random) {
        byte[] mutant = random.nextInt(5) == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
        for (int i = random.nextInt(6); i > 0 && mutant.length > 0; i--) {
            int at = random.nextInt(mutant.length);
            mutant[at] = switch (random.nextInt(3)) {
                case 0 -> (byte) random.nextInt(256);
                case 1 -> (byte) 0xff;
                default -> (byte) 0x7f;
            };
        }
        return mutant;
    }

    /** Makes the checksum right again, so that the reader itself is tried. */
    private static void sign(byte[] octets) {
        if (octets.length > 4) {
            CRC32C sum = new CRC32C();
            sum.update(octets, 0, octets.length - 4);
            ByteBuffer.wrap(octets).putInt(octets.length - 4, (int) sum.getValue());
        }
    }

    @Test
    void a_table_that_claims_two_gigabytes_gets_none_of_them() throws Exception {
        filled();
        byte[] octets = Files.readAllBytes(path());
        // magic 8, version 4, time 8, letter 1, name 2 + 15; then the length.
        ByteBuffer.wrap(octets).putInt(38, Integer.MAX_VALUE);
        sign(octets);
        Files.write(path(), octets);
        Run next = new Run(NOON, 0).loaded();
        assertThat(next.clocks.size()).isZero();
        assertThat(failures()).isEqualTo(1);
    }

    @Test
    void it_writes_by_itself_and_once_more_at_the_end() throws Exception {
        VerdictCache cache = new VerdictCache(Samples.SHIPPED);
        CountDownLatch saved = new CountDownLatch(1);
        SideTable table = new SideTable() {
            @Override
            public String name() {
                return "probe";
            }

            @Override
            public long changes() {
                return 1;
            }

            @Override
            public void save(DataOutput out) {
                saved.countDown();
            }

            @Override
            public void restore(DataInput in, Duration down) {}
        };
        try (CacheFile file = new CacheFile(path(), cache, List.of(table), registry)) {
            file.start(Duration.ofMillis(5));
            assertThat(saved.await(10, TimeUnit.SECONDS)).isTrue();
            cache.learn(GOOD, asked(Reason.ACCEPTED));
        }
        assertThat(new Run(Instant.now(), 0).loaded().cache.sender(GOOD)).isNotNull();
    }
}
