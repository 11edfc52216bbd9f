package io.countersign.smtp.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.LeakPresenceDetector;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EncodersTest {
    @AfterEach
    void noLeaks() {
        LeakPresenceDetector.check();
    }

    @Test
    void a_reply_leaves_as_one_buffer_of_its_size_and_only_when_flushed() {
        EmbeddedChannel channel = new EmbeddedChannel(SmtpServerEncoder.INSTANCE);
        channel.write(new SmtpReply(250, null, List.of("mx.example.org", "SIZE 10", "8BITMIME")));
        channel.write(SmtpReply.of("550 5.1.1 <ü@example.org>: unknown"));
        assertThat(channel.<Object>readOutbound()).isNull();
        channel.flush();
        assertThat(next(channel)).isEqualTo("250-mx.example.org\r\n250-SIZE 10\r\n250 8BITMIME\r\n");
        assertThat(next(channel)).isEqualTo("550 5.1.1 <ü@example.org>: unknown\r\n");
        channel.finishAndReleaseAll();
    }

    @Test
    void a_command_leaves_as_one_line_and_content_as_it_is() {
        EmbeddedChannel channel = new EmbeddedChannel(SmtpClientEncoder.INSTANCE);
        channel.write(new SmtpCommand.Rcpt(
                new ForwardPath(MailAddress.parse("a@b.example").orElseThrow()), RcptParameters.NONE));
        channel.write(SmtpCommand.Plain.DATA);
        ByteBuf content = channel.alloc().buffer().writeBytes("hi\r\n.\r\n".getBytes(UTF_8));
        channel.write(content);
        assertThat(channel.<Object>readOutbound()).isNull();
        channel.flush();
        assertThat(next(channel)).isEqualTo("RCPT TO:<a@b.example>\r\n");
        assertThat(next(channel)).isEqualTo("DATA\r\n");
        assertThat(next(channel)).isEqualTo("hi\r\n.\r\n");
        channel.finishAndReleaseAll();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nRCPT TO:<x@y.example>", "a\rb", "a\nb", "a\0b"})
    void a_command_that_would_be_two_lines_is_never_written(String argument) {
        EmbeddedChannel channel = new EmbeddedChannel(SmtpClientEncoder.INSTANCE);
        ChannelFuture written = channel.writeAndFlush(new SmtpCommand.Vrfy(argument));
        assertThat(written.isDone()).isTrue();
        assertThat(written.cause()).isInstanceOf(IllegalArgumentException.class);
        assertThat(channel.<Object>readOutbound()).isNull();
        assertThat(channel.isOpen()).isTrue();
        channel.finishAndReleaseAll();
        assertThatThrownBy(() -> SmtpClientEncoder.oneLine(argument))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("RCPT");
    }

    private static String next(EmbeddedChannel channel) {
        ByteBuf octets = channel.readOutbound();
        String text = octets.toString(UTF_8);
        octets.release();
        return text;
    }
}
