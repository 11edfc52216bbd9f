package io.countersign.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.junit.jupiter.api.Test;

class TransportTest {
    @Test
    void an_octet_comes_back_over_nio() {
        assertThat(TransportTrial.run(Transport.nio())).isEmpty();
    }

    @Test
    void the_best_transport_works_and_says_why_it_was_taken() {
        Transport best = Transport.best();
        assertThat(TransportTrial.run(best)).isEmpty();
        assertThat(best.note()).isNotEmpty();
    }

    @Test
    void a_transport_whose_channels_do_not_fit_its_loops_fails_the_trial_instead_of_every_connection() {
        Transport mixed = new Transport(
                Transport.Kind.NIO,
                new ReflectiveChannelFactory<>(EpollServerSocketChannel.class),
                NioSocketChannel::new,
                NioDatagramChannel::new,
                "mixed");
        assertThat(TransportTrial.run(mixed)).isNotEmpty();
    }

    @Test
    void a_group_without_threads_is_refused() {
        assertThatThrownBy(() -> Transport.nio().newGroup(0, "none")).isInstanceOf(IllegalArgumentException.class);
    }
}
