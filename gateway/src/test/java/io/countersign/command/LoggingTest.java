package io.countersign.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.spi.AppenderAttachable;
import io.countersign.config.CalloutSettings.Rate;
import io.countersign.config.ChecksSettings.Switch;
import io.countersign.config.Settings.LogSettings;
import io.countersign.config.Settings.LogSettings.Format;
import io.countersign.journal.LogLevels;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;

class LoggingTest {
    private final LoggerContext context = new LoggerContext();

    @BeforeEach
    void asSlf4jMakesIt() {
        context.setMDCAdapter(new LogbackMDCAdapter());
    }

    @AfterEach
    void end() {
        context.stop();
    }

    private static LogSettings settings(Format format, String level, Switch hashAddresses) {
        return new LogSettings(format, level, hashAddresses, "key", new Rate(2000, Duration.ofSeconds(1), 1, 1));
    }

    private String line(Format format, String message) {
        Logging.configure(context, settings(format, "info", Switch.OFF));
        AppenderAttachable<ILoggingEvent> queue =
                (DroppingAppender) context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("queue");
        OutputStreamAppender<ILoggingEvent> console =
                (OutputStreamAppender<ILoggingEvent>) queue.getAppender("console");
        LoggingEvent event = new LoggingEvent(
                "test", context.getLogger("io.countersign.edge.Session"), Level.INFO, message, null, new Object[] {"a"
                });
        return new String(console.getEncoder().encode(event), StandardCharsets.UTF_8);
    }

    @Test
    void a_line_end_in_a_message_does_not_begin_a_line_of_the_log() {
        assertThat(line(Format.TEXT, "from {}\r\n2026 INFO forged"))
                .matches(
                        "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z INFO  Session from a 2026 INFO forged\\R");
    }

    @Test
    void json_is_one_object_a_line() {
        assertThat(line(Format.JSON, "from {}\r\nforged"))
                .startsWith("{\"timestamp\":")
                .contains("\"level\":\"INFO\"", "\"loggerName\":\"io.countersign.edge.Session\"")
                .contains("\"formattedMessage\":\"from a\\r\\nforged\"")
                .endsWith("}\n")
                .hasLineCount(1);
    }

    @Test
    void configuring_again_replaces_what_was_there() {
        Logging.configure(context, settings(Format.TEXT, "info", Switch.OFF));
        Logging.configure(context, settings(Format.JSON, "error", Switch.OFF));
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        assertThat(root.iteratorForAppenders()).toIterable().hasSize(1);
        assertThat(root.isInfoEnabled()).isFalse();
    }

    /** Takes one line and then none until it is let go. */
    private static final class Stuck extends AppenderBase<ILoggingEvent> {
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch go = new CountDownLatch(1);
        private final List<String> written = new CopyOnWriteArrayList<>();
        private CountDownLatch wanted = new CountDownLatch(0);

        @Override
        protected void append(ILoggingEvent event) {
            reached.countDown();
            try {
                if (!go.await(10, TimeUnit.SECONDS)) {
                    addError("never let go");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            written.add(event.getFormattedMessage());
            wanted.countDown();
        }
    }

    @Test
    void a_log_that_cannot_be_written_blocks_nobody_and_what_is_lost_is_counted_and_told() throws InterruptedException {
        Stuck stuck = new Stuck();
        stuck.setContext(context);
        stuck.start();
        DroppingAppender queue = new DroppingAppender(1_000_000, new LogLosses());
        queue.setContext(context);
        queue.addAppender(stuck);
        queue.start();
        ch.qos.logback.classic.Logger logger = context.getLogger("test");
        logger.addAppender(queue);

        logger.error("first");
        assertThat(stuck.reached.await(10, TimeUnit.SECONDS)).isTrue();
        int sent = DroppingAppender.QUEUE + 100;
        for (int i = 0; i < sent; i++) {
            logger.error("line {}", i);
        }
        assertThat(queue.dropped()).isEqualTo(sent - (DroppingAppender.QUEUE - DroppingAppender.RESERVE + 1));

        // All that were kept, then the report and the line that followed it.
        stuck.wanted = new CountDownLatch((int) (1 + sent - queue.dropped()));
        stuck.go.countDown();
        assertThat(stuck.wanted.await(10, TimeUnit.SECONDS)).isTrue();
        stuck.wanted = new CountDownLatch(2);
        logger.error("last");
        assertThat(stuck.wanted.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(stuck.written)
                .startsWith("first", "line 0")
                .endsWith(
                        queue.dropped()
                                + " log lines were dropped: they came faster than they could be written, or than log.rate allows",
                        "last");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "from=\"<a@b.test>\" to=\"<c@d.test>\"",
                "reply=\"550 5.1.7 <a@b.test>: Sender address rejected\"",
                "<\\\"a b\\\"@b.test>",
                "<\"a@c\"@b.test>",
                "a+tag=x!y%z@b.test, a@[192.0.2.1]"
            })
    void a_hashed_log_has_no_local_part_in_it_and_keeps_the_domain(String message) {
        AddressHasher hasher = new AddressHasher("key");
        String hashed = hasher.hashed(message);
        assertThat(hashed).containsPattern("#[0-9a-f]{12}@(b\\.test|\\[192)");
        assertThat(hashed.replaceAll("#[0-9a-f]{12}@", "@")).doesNotContainPattern("[A-Za-z0-9\"]@");
        assertThat(new AddressHasher("key").hashed(message))
                .as("the same address, the same hash")
                .isEqualTo(hashed);
        assertThat(new AddressHasher("other").hashed(message)).isNotEqualTo(hashed);
        assertThat(new AddressHasher("").hashed(message)).isNotEqualTo(hashed);
    }

    /** Keeps what it gets. */
    private static final class Kept extends AppenderBase<ILoggingEvent> {
        private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();

        @Override
        protected void append(ILoggingEvent event) {
            events.add(event);
        }
    }

    @Test
    void what_a_line_and_its_exception_say_is_hashed_on_the_way_out() {
        Kept kept = new Kept();
        kept.setContext(context);
        kept.start();
        HashingAppender hashing = new HashingAppender(kept, new AddressHasher("key"));
        hashing.setContext(context);
        hashing.start();
        ch.qos.logback.classic.Logger logger = context.getLogger("test");
        logger.addAppender(hashing);
        logger.warn("about {}", "a@b.test", new IllegalStateException("a@b.test"));
        ILoggingEvent event = kept.events.get(0);
        assertThat(event.getFormattedMessage()).matches("about #[0-9a-f]{12}@b.test");
        assertThat(event.getThrowableProxy().getMessage()).doesNotContain("a@").contains("@b.test");
        assertThat(event.getLevel()).isEqualTo(Level.WARN);
    }

    @Test
    void RE11_a_storm_of_lines_is_cut_and_counted_and_warnings_still_get_through() {
        Kept kept = new Kept();
        kept.setContext(context);
        kept.start();
        LogLosses losses = new LogLosses();
        DroppingAppender queue = new DroppingAppender(10, losses);
        queue.setContext(context);
        queue.addAppender(kept);
        queue.start();
        ch.qos.logback.classic.Logger logger = context.getLogger("test");
        logger.addAppender(queue);
        for (int i = 0; i < 1000; i++) {
            logger.info("line {}", i);
        }
        logger.warn("serious");
        queue.stop();
        assertThat(losses.rate().sum()).isBetween(900L, 990L);
        assertThat(queue.dropped()).isEqualTo(losses.rate().sum());
        assertThat(kept.events).extracting(ILoggingEvent::getFormattedMessage).contains("serious");
    }

    @Test
    void a_rate_begins_anew_with_each_second() {
        long[] now = {5_000_000_000L};
        LogRate rate = new LogRate(2, () -> now[0]);
        assertThat(List.of(rate.allows(), rate.allows(), rate.allows())).containsExactly(true, true, false);
        now[0] += 1_000_000_000L;
        assertThat(rate.allows()).isTrue();
    }

    @Test
    void levels_change_while_it_runs_and_end_with_a_reload() {
        Logging.configure(context, settings(Format.TEXT, "info", Switch.ON));
        context.getLogger("io.countersign.edge.Session");
        LogLevels levels = new Logging.Levels(context);
        assertThat(levels.levels()).containsExactly(java.util.Map.entry("", "info"));
        levels.set("io.countersign.edge", "debug");
        levels.set("", "warn");
        assertThat(levels.levels()).containsEntry("", "warn").containsEntry("io.countersign.edge", "debug");
        assertThat(context.getLogger("io.countersign.edge.Session").isDebugEnabled())
                .isTrue();
        assertThatThrownBy(() -> levels.set("", "loud")).hasMessageContaining("one of off, error");
        assertThatThrownBy(() -> levels.set("org.sqlite", "debug")).hasMessageContaining("io.countersign");
        assertThatThrownBy(() -> levels.set("io.countersign.nobody", "debug")).hasMessageContaining("nothing logs");
        Logging.configure(context, settings(Format.TEXT, "info", Switch.OFF));
        assertThat(levels.levels()).containsExactly(java.util.Map.entry("", "info"));
    }
}
