package io.countersign.smtp.codec;

import static io.countersign.smtp.codec.ServerSide.everyOctet;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.smtp.SmtpLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.LeakPresenceDetector;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SmtpClientDecoderTest {
    @AfterEach
    void noLeaks() {
        LeakPresenceDetector.check();
    }

    static Stream<String> dialogues() {
        return Stream.of(
                "220 mx.example.org ESMTP\r\n250-mx.example.org\r\n250-SIZE 10\r\n250 PIPELINING\r\n250 2.1.0 ok\r\n",
                "220 x\n250-a\r\n250-b\n250 c\r\n250 d\r\n",
                "220\r\n250-\r\n250\r\n550 5.1.1 no such\rthing\r\n",
                "220 x\r\n250-a\r\n550 b\r\n250 never\r\n",
                "220 x\r\nhello\r\n250 never\r\n",
                "220 x\r\n\r\n250 never\r\n",
                "220 x\r\r\n250 y\n\n250 never\n");
    }

    @ParameterizedTest
    @MethodSource("dialogues")
    void RP06_replies_mean_the_same_however_they_are_cut(String wire) {
        List<String> whole = read(SmtpLimits.DEFAULT, wire);
        assertThat(whole).isNotEmpty();
        assertThat(read(SmtpLimits.DEFAULT, wire, everyOctet(wire))).isEqualTo(whole);
        for (int cut = 1; cut < wire.length(); cut++) {
            assertThat(read(SmtpLimits.DEFAULT, wire, cut)).as("cut at %d", cut).isEqualTo(whole);
            for (int second = cut + 1; second < wire.length(); second++) {
                assertThat(read(SmtpLimits.DEFAULT, wire, cut, second)).isEqualTo(whole);
            }
        }
    }

    @Test
    void RP08_several_replies_in_one_read_are_told_apart() {
        assertThat(read(SmtpLimits.DEFAULT, "250 2.1.0 a\r\n250-b\r\n250 c\r\n550 5.1.1 d\r\n"))
                .containsExactly("250 2.1.0 a CRLF", "250 b c CRLF", "550 5.1.1 d CRLF");
    }

    @Test
    void RP01_lines_that_end_in_lf_alone_are_read_and_noted_for_their_own_reply() {
        assertThat(read(SmtpLimits.DEFAULT, "250-a\n250 b\r\n250 c\r\n"))
                .containsExactly("250 a b LF_ONLY", "250 c CRLF");
    }

    @Test
    void RP01_a_cr_alone_ends_no_line() {
        assertThat(read(SmtpLimits.DEFAULT, "250 a\r250 b\r")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"25 OK", "2500 OK", "abc", " 250", "250OK", "250_", "٢٥٠ OK", "199 x", "600 x"})
    void RP02_what_is_not_smtp_ends_all_reading(String line) {
        List<String> heard = read(SmtpLimits.DEFAULT, line + "\r\n250 fine\r\n");
        assertThat(heard).hasSize(1);
        assertThat(heard.get(0)).startsWith("broken ").doesNotContain("OK");
    }

    @Test
    void RP03_two_codes_in_one_reply_end_all_reading() {
        assertThat(read(SmtpLimits.DEFAULT, "250-a\r\n550 b\r\n250 c\r\n"))
                .singleElement()
                .asString()
                .startsWith("broken");
    }

    @Test
    void RP04_a_reply_that_never_ends_is_broken_at_the_limit() {
        assertThat(read(SmtpLimits.DEFAULT, "250-x\r\n".repeat(10_000)))
                .singleElement()
                .asString()
                .startsWith("broken");
    }

    @Test
    void RP05_a_reply_line_of_ten_megabytes_is_cut_and_holds_no_memory() {
        List<String> heard = new ArrayList<>();
        SmtpClientDecoder decoder = new SmtpClientDecoder(SmtpLimits.DEFAULT);
        EmbeddedChannel channel = new EmbeddedChannel(decoder, recorder(heard));
        channel.writeInbound(octets("550 5.1.1 "));
        for (int i = 0; i < 160; i++) {
            channel.writeInbound(octets("x".repeat(64 * 1024)));
            assertThat(decoder.hasBuffered()).isTrue();
        }
        channel.writeInbound(octets("\r\n250 next\r\n"));
        channel.finishAndReleaseAll();
        assertThat(heard).hasSize(2);
        assertThat(heard.get(0)).startsWith("550 5.1.1 xxx").endsWith("x CRLF").hasSizeLessThan(4200);
        assertThat(heard.get(1)).isEqualTo("250 next CRLF");
    }

    @ParameterizedTest
    @ValueSource(ints = {-2, -1, 0, 1, 2, 3, 4})
    void RP05_a_line_about_as_long_as_the_limit_is_the_same_in_one_piece_and_in_many(int beyond) {
        SmtpLimits limits = new SmtpLimits(512, 1000, 300, 100, 10_000);
        for (String end : List.of("\r\n", "\n")) {
            String wire = "250 " + "x".repeat(296 + beyond) + end + "250 next" + end;
            List<String> whole = read(limits, wire);
            assertThat(whole).hasSize(2);
            assertThat(whole.get(1)).isEqualTo(end.equals("\n") ? "250 next LF_ONLY" : "250 next CRLF");
            assertThat(read(limits, wire, everyOctet(wire))).isEqualTo(whole);
        }
    }

    @Test
    void TL02_octets_behind_a_reply_are_seen_as_buffered_while_it_is_told() {
        List<Boolean> buffered = new ArrayList<>();
        SmtpClientDecoder decoder = new SmtpClientDecoder(SmtpLimits.DEFAULT);
        EmbeddedChannel channel = new EmbeddedChannel(decoder, new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                buffered.add(decoder.hasBuffered());
            }
        });
        channel.writeInbound(octets("220 go\r\n"));
        channel.writeInbound(octets("220 go\r\n250 injected\r\n"));
        channel.writeInbound(octets("220 go\r\n2"));
        assertThat(buffered).containsExactly(false, true, false, true);
        assertThat(decoder.hasBuffered()).isTrue();
        channel.writeInbound(octets("50-a\r\n"));
        assertThat(decoder.hasBuffered()).isTrue();
        channel.writeInbound(octets("250 b\r\n"));
        assertThat(decoder.hasBuffered()).isFalse();
        channel.finishAndReleaseAll();
    }

    @Test
    void nothing_is_told_after_the_channel_went_or_the_decoder_was_removed() {
        List<String> heard = new ArrayList<>();
        SmtpClientDecoder decoder = new SmtpClientDecoder(SmtpLimits.DEFAULT);
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        channel.pipeline().addLast(recorder(heard), new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ctx.pipeline().remove(decoder);
            }
        });
        channel.writeInbound(octets("220 a\r\n250 b\r\n"));
        channel.finishAndReleaseAll();
        assertThat(heard).containsExactly("220 a CRLF");
    }

    private static List<String> read(SmtpLimits limits, String wire, int... cuts) {
        List<String> heard = new ArrayList<>();
        EmbeddedChannel channel = new EmbeddedChannel(new SmtpClientDecoder(limits), recorder(heard));
        int from = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int to = i < cuts.length ? cuts[i] : wire.length();
            channel.writeInbound(octets(wire.substring(from, to)));
            from = to;
        }
        channel.finishAndReleaseAll();
        return heard;
    }

    private static ByteBuf octets(String text) {
        ByteBuf octets = ByteBufAllocator.DEFAULT.buffer(text.length());
        octets.writeBytes(text.getBytes(ISO_8859_1));
        return octets;
    }

    private static ChannelInboundHandlerAdapter recorder(List<String> heard) {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                if (message instanceof ServerInput.Reply reply) {
                    heard.add(reply.reply() + " " + reply.lineEnds());
                } else {
                    heard.add("broken " + ((ServerInput.Broken) message).why());
                }
                ctx.fireChannelRead(message);
            }
        };
    }
}
