package io.countersign;

import io.countersign.check.RecipientCheck;
import io.countersign.command.Surgery;
import io.countersign.command.Verifier;
import io.countersign.config.Settings;
import io.countersign.diagnosis.Doctor;
import io.countersign.diagnosis.NettyDoctor;
import io.countersign.net.Transport;
import io.countersign.relay.NettyMta;
import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Verdict;
import io.countersign.verdict.VerdictCache;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The part of a gateway that asks about senders, for one command: no listener, nothing remembered. One thread uses it. */
final class Verification implements Verifier, Surgery {
    private final Settings settings;
    private final Transport transport = Transport.best();
    private final EventLoopGroup loops = transport.newGroup(1, "verify");
    private final Outside outside;
    /** Dialled when the first address of ours is asked about; none where there is no configuration. */
    private final @Nullable NettyMta mta;

    private final Questions questions;

    private Verification(Settings settings, Basis basis, MeterRegistry meters) throws IOException {
        this.settings = settings;
        this.outside = new Outside(
                settings,
                new Outside.Means(transport, loops, meters, Outside.facts(settings)),
                switch (basis) {
                    case CONFIGURATION -> Outside.Belief.WHILE_IT_FINDS_US;
                    case DEFAULTS -> Outside.Belief.ALWAYS;
                },
                verdict -> {});
        this.mta = switch (basis) {
            case CONFIGURATION ->
                new NettyMta(
                        new NettyMta.Network(transport, loops),
                        settings.backend(),
                        settings.hostname(),
                        meters,
                        new KeptCapabilities(),
                        System::nanoTime);
            case DEFAULTS -> null;
        };
        this.questions = new Questions(
                () -> settings, outside, mta, new RecipientCheck(new VerdictCache(settings.cache())), loops);
    }

    /** @throws IOException when a file cannot be read, in words for the operator */
    static Verification start(Settings settings, Basis basis, MeterRegistry meters) throws IOException {
        return new Verification(settings, basis, meters);
    }

    @Override
    public CompletableFuture<Verdict> verify(MailAddress address) {
        NettyMta ours = settings.domains().matches(address.domain()) ? mta : null;
        Mono<Void> ready = ours == null ? Mono.empty() : Mono.fromCompletionStage(ours.start());
        return ready.then(questions.ask(address)).toFuture();
    }

    @Override
    public Doctor doctor() {
        return new NettyDoctor(
                () -> settings,
                new NettyDoctor.Network(transport, loops),
                new NettyDoctor.Outside(outside.dns(), outside::exchangers, outside.limits()),
                mta);
    }

    @Override
    public void close() {
        outside.close();
        if (mta != null) {
            mta.close();
        }
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}
