package io.countersign.command;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.spi.AppenderAttachable;
import io.countersign.config.Settings.LogSettings;
import io.countersign.config.Settings.LogSettings.Format;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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

    private String line(Format format, String message) {
        Logging.configure(context, new LogSettings(format, "info"));
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
        Logging.configure(context, new LogSettings(Format.TEXT, "info"));
        Logging.configure(context, new LogSettings(Format.JSON, "error"));
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
        DroppingAppender queue = new DroppingAppender();
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
                        queue.dropped() + " log lines were dropped: they came faster than they could be written",
                        "last");
    }
}
