package io.countersign.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.countersign.net.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.util.LeakPresenceDetector;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** The proof that the guards are on: each of them is made to bark once. */
class TestGuardTest {
    @Test
    void RE15_sleeping_on_an_event_loop_is_an_error_and_is_noted_even_if_somebody_swallows_it() throws Exception {
        EventLoopGroup loops = Transport.best().newGroup(1, "guarded");
        try {
            Throwable thrown = loops.submit(() -> {
                        try {
                            Thread.sleep(1);
                            return null;
                        } catch (BlockingOperationError e) {
                            return e;
                        }
                    })
                    .get(10, TimeUnit.SECONDS);
            assertThat(thrown).isInstanceOf(BlockingOperationError.class);
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
        }
        assertThat(Mishaps.take()).anyMatch(mishap -> mishap.getCause() instanceof BlockingOperationError);
    }

    @Test
    void a_task_of_an_event_loop_that_throws_is_noted() throws Exception {
        EventLoopGroup loops = Transport.best().newGroup(1, "guarded");
        try {
            loops.execute(() -> {
                throw new IllegalStateException("nobody waits for me");
            });
            loops.submit(() -> {}).get(10, TimeUnit.SECONDS);
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
        }
        assertThat(Mishaps.take())
                .anyMatch(mishap -> String.valueOf(mishap.getMessage()).contains("nobody waits for me"));
    }

    @Test
    void a_thread_that_ends_with_an_exception_is_noted() throws InterruptedException {
        Thread thread = new Thread(() -> {
            throw new IllegalStateException("the end");
        });
        thread.start();
        thread.join();
        assertThat(Mishaps.take())
                .singleElement()
                .satisfies(mishap -> assertThat(mishap).hasRootCauseMessage("the end"));
    }

    @Test
    void an_error_that_reactor_drops_is_noted() {
        Operators.onErrorDropped(new IllegalStateException("too late"), Context.empty());
        assertThat(Mishaps.take())
                .singleElement()
                .satisfies(mishap -> assertThat(mishap).hasRootCauseMessage("too late"));
    }

    @Test
    void a_buffer_that_is_not_released_is_found() {
        ByteBuf leaked = ByteBufAllocator.DEFAULT.buffer(16);
        assertThatThrownBy(LeakPresenceDetector::check).isInstanceOf(IllegalStateException.class);
        // The detector counts from nothing again once it has complained: the release brings it to -1, and a
        // buffer whose release it does not see back to nothing.
        assertThat(leaked.refCnt()).isEqualTo(1);
    }
}
