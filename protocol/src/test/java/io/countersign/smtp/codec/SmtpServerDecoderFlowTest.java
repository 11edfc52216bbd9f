package io.countersign.smtp.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.LeakPresenceDetector;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who may speak, and when: pause and resume, turns, the end of the channel. */
class SmtpServerDecoderFlowTest {
    private static final int PIPELINED = 10_922;

    @AfterEach
    void noLeaks() {
        LeakPresenceDetector.check();
    }

    @Test
    void a_pause_stops_delivery_in_the_middle_of_a_read_and_the_reading_itself() {
        try (ServerSide server = new ServerSide()) {
            server.session = input -> server.decoder.pause();
            server.send("NOOP\r\n".repeat(PIPELINED));
            assertThat(server.heard()).containsExactly("NOOP");
            assertThat(server.channel.config().isAutoRead()).isFalse();
            assertThat(server.decoder.hasBuffered()).isTrue();

            server.decoder.resume();
            assertThat(server.heard()).hasSize(1);
            server.channel.runPendingTasks();
            assertThat(server.heard()).hasSize(2);
            assertThat(server.channel.config().isAutoRead()).isFalse();
        }
    }

    @Test
    void ten_thousand_pipelined_commands_with_a_pause_after_each_arrive_in_order_at_one_stack_depth() {
        try (ServerSide server = new ServerSide()) {
            Set<Integer> depths = new HashSet<>();
            server.session = input -> {
                depths.add(depth());
                server.decoder.pause();
                server.channel.eventLoop().execute(server.decoder::resume);
            };
            String wire = "VRFY a\r\nRSET\r\n".repeat(PIPELINED / 2);
            server.send(wire);
            assertThat(server.heard()).hasSize(PIPELINED);
            assertThat(IntStream.range(0, PIPELINED)
                            .allMatch(i -> server.heard().get(i).equals(i % 2 == 0 ? "VRFY" : "RSET")))
                    .isTrue();
            assertThat(depths).hasSizeLessThanOrEqualTo(2); // from the read, from the task
            assertThat(server.channel.config().isAutoRead()).isTrue();
            assertThat(server.readsCompleted).isGreaterThanOrEqualTo(PIPELINED - 1);
        }
    }

    @Test
    void a_pause_that_is_over_before_the_callback_returns_costs_neither_a_task_nor_a_switch_of_reading() {
        try (ServerSide server = new ServerSide()) {
            Set<Integer> depths = new HashSet<>();
            int[] reads = {0};
            server.channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
                @Override
                public void read(ChannelHandlerContext ctx) {
                    reads[0]++;
                    ctx.read();
                }
            });
            server.session = input -> {
                depths.add(depth());
                server.decoder.pause();
                server.decoder.resume();
            };
            server.send("NOOP\r\n".repeat(PIPELINED));
            assertThat(server.heard()).hasSize(PIPELINED);
            assertThat(depths).hasSize(1);
            assertThat(reads[0]).isLessThanOrEqualTo(1);
        }
    }

    @ParameterizedTest
    @MethodSource("io.countersign.smtp.codec.SmtpServerDecoderTest#dialogues")
    void a_session_that_pauses_after_everything_hears_the_same(String wire) {
        for (BareNewline bareNewline : BareNewline.values()) {
            List<String> expected = ServerSide.read(bareNewline, wire);
            for (int cut = 1; cut < wire.length(); cut++) {
                try (ServerSide server = new ServerSide()) {
                    server.bareNewline = bareNewline;
                    server.session = input -> server.decoder.pause();
                    server.send(wire, cut);
                    for (int i = 0; i < wire.length(); i++) {
                        server.decoder.resume();
                        server.channel.runPendingTasks();
                    }
                    assertThat(server.heard()).as("cut at %d", cut).isEqualTo(expected);
                    assertThat(server.decoder.hasBuffered()).isFalse();
                }
            }
        }
    }

    @Test
    void reads_that_come_in_spite_of_a_pause_wait_in_order() {
        try (ServerSide server = new ServerSide()) {
            server.decoder.pause();
            server.send("NOOP\r\nRS");
            server.send("ET\r\n");
            server.send("QUIT\r\n");
            assertThat(server.heard()).isEmpty();
            server.decoder.resume();
            server.channel.runPendingTasks();
            assertThat(server.heard()).containsExactly("NOOP", "RSET", "QUIT");
        }
    }

    @Test
    void a_resume_with_nothing_buffered_reads_again_at_once() {
        try (ServerSide server = new ServerSide()) {
            server.decoder.pause();
            assertThat(server.channel.config().isAutoRead()).isFalse();
            server.decoder.resume();
            assertThat(server.channel.config().isAutoRead()).isTrue();
            assertThat(server.channel.hasPendingTasks()).isFalse();
        }
    }

    @Test
    void behind_the_clients_fin_the_transport_is_not_asked_to_read_any_more() {
        try (ServerSide server = new ServerSide()) {
            server.decoder.pause();
            assertThat(server.channel.config().isAutoRead()).isFalse();
            server.channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
            server.decoder.ignoreRest();
            assertThat(server.channel.config().isAutoRead()).isFalse();
        }
    }

    @Test
    void content_that_came_before_the_answer_is_taken_up_when_the_session_is_ready() {
        try (ServerSide server = new ServerSide()) {
            server.session = input -> {
                if (input instanceof ClientInput.Command) {
                    server.decoder.pause();
                }
            };
            server.send("BDAT 3 LAST\r\nabcQUIT\r\n");
            assertThat(server.heard()).containsExactly("BDAT 3 LAST");
            server.decoder.resume();
            server.channel.runPendingTasks();
            assertThat(server.heard()).containsExactly("BDAT 3 LAST", "content abc", "end 3", "QUIT");
        }
    }

    @Test
    void PA25_talk_before_the_greeting_is_out_of_turn_and_nothing_of_it_is_heard() {
        try (ServerSide server = new ServerSide()) {
            server.decoder.holdTurn();
            server.send("EHLO x.example\r\n");
            server.send("QUIT\r\n");
            server.decoder.yieldTurn();
            server.send("QUIT\r\n");
            assertThat(server.heard()).containsExactly("out of turn");
            assertThat(server.decoder.hasBuffered()).isFalse();
        }
    }

    @Test
    void PA26_a_command_in_the_same_read_as_helo_is_out_of_turn() {
        try (ServerSide server = new ServerSide()) {
            server.session = input -> server.decoder.holdTurn();
            server.send("HELO x.example\r\nM");
            assertThat(server.heard()).containsExactly("HELO", "out of turn");
        }
    }

    @Test
    void PA29_a_body_before_354_is_out_of_turn_even_while_paused() {
        try (ServerSide server = new ServerSide()) {
            server.session = input -> {
                server.decoder.pause();
                server.decoder.holdTurn();
            };
            server.send("VRFY x\r\n");
            assertThat(server.channel.config().isAutoRead()).isTrue();
            server.send("S");
            assertThat(server.heard()).containsExactly("VRFY", "out of turn");
        }
    }

    @Test
    void octets_buffered_before_the_turn_was_held_are_out_of_turn_though_it_is_yielded_at_once() {
        try (ServerSide server = new ServerSide()) {
            server.send("NO");
            server.decoder.holdTurn();
            server.decoder.yieldTurn();
            server.channel.runPendingTasks();
            assertThat(server.heard()).containsExactly("out of turn");
        }
    }

    @Test
    void a_turn_that_was_held_in_silence_is_given_back() {
        try (ServerSide server = new ServerSide()) {
            server.decoder.holdTurn();
            server.decoder.yieldTurn();
            server.send("NOOP\r\n");
            assertThat(server.heard()).containsExactly("NOOP");
        }
    }

    @Test
    void a_paused_session_reads_again_only_as_long_as_it_holds_the_turn() {
        try (ServerSide server = new ServerSide()) {
            server.decoder.pause();
            server.decoder.holdTurn();
            assertThat(server.channel.config().isAutoRead()).isTrue();
            server.decoder.yieldTurn();
            assertThat(server.channel.config().isAutoRead()).isFalse();
        }
    }

    @Test
    void nothing_is_heard_after_the_channel_went() {
        try (ServerSide server = new ServerSide()) {
            server.session = input -> server.decoder.pause();
            server.send("NOOP\r\nRSET\r\nQU");
            server.decoder.resume();
            server.channel.close();
            server.channel.runPendingTasks();
            server.decoder.resume();
            server.decoder.holdTurn();
            server.decoder.expectContent(BareNewline.REJECT);
            server.channel.runPendingTasks();
            assertThat(server.heard()).startsWith("NOOP").endsWith("inactive").doesNotHaveDuplicates();
            assertThat(server.decoder.hasBuffered()).isFalse();
        }
    }

    @Test
    void a_session_that_removes_the_decoder_hears_nothing_more_of_the_read() {
        try (ServerSide server = new ServerSide()) {
            server.session = input -> server.channel.pipeline().remove(server.decoder);
            server.send("NOOP\r\nRSET\r\nQUIT\r\n");
            assertThat(server.heard()).containsExactly("NOOP");
        }
    }

    @Test
    void PA39_a_client_that_goes_in_the_middle_of_content_leaves_no_buffer_behind() {
        try (ServerSide server = new ServerSide()) {
            server.session = input -> server.decoder.pause();
            server.send("DATA\r\nhello\r\n.");
            server.decoder.resume();
            server.channel.runPendingTasks();
            server.channel.close();
            server.channel.runPendingTasks();
            assertThat(server.heard()).containsExactly("DATA", "content hello\\r\\n", "inactive");
        }
    }

    @Test
    void a_read_while_ignoring_is_thrown_away_though_the_session_is_paused() {
        try (ServerSide server = new ServerSide()) {
            server.decoder.pause();
            server.send("NOOP\r\n");
            server.decoder.ignoreRest();
            assertThat(server.decoder.hasBuffered()).isFalse();
            assertThat(server.channel.config().isAutoRead()).isTrue();
            server.send("NOOP\r\n");
            server.decoder.resume();
            server.channel.runPendingTasks();
            assertThat(server.heard()).isEmpty();
        }
    }

    private static int depth() {
        return StackWalker.getInstance().walk(frames -> (int) frames.count());
    }
}
