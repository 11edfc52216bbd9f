package io.countersign;

import io.countersign.callout.CalloutRequest;
import io.countersign.check.OwnMailboxes;
import io.countersign.check.RecipientCheck;
import io.countersign.command.Verifier;
import io.countersign.config.Settings;
import io.countersign.limit.Trust;
import io.countersign.net.Transport;
import io.countersign.relay.ClientIdentity;
import io.countersign.relay.NettyMta;
import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import io.countersign.verdict.VerdictCache;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The part of a gateway that asks about senders, for one command: no listener, nothing remembered. One thread uses it. */
final class Verification implements Verifier {
    private final Settings settings;
    private final Transport transport = Transport.best();
    private final EventLoopGroup loops = transport.newGroup(1, "verify");
    private final Outside outside;
    /** Dialled when the first address of ours is asked about; none where there is no configuration. */
    private final @Nullable NettyMta mta;

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
    }

    /** @throws IOException when a file cannot be read, in words for the operator */
    static Verification start(Settings settings, Basis basis, MeterRegistry meters) throws IOException {
        return new Verification(settings, basis, meters);
    }

    @Override
    public CompletableFuture<Verdict> verify(MailAddress address) {
        NettyMta ours = settings.domains().matches(address.domain()) ? mta : null;
        return (ours == null ? askExchangers(address) : askMta(ours, address)).toFuture();
    }

    private Mono<Verdict> askExchangers(MailAddress address) {
        long deadline =
                System.nanoTime() + settings.callout().timeouts().total().toNanos();
        return outside.callouts().ask(new CalloutRequest(address, Trust.UNPROVEN, deadline));
    }

    /** Addresses of ours are asked of the MTA, as the gateway does, and never by DNS. */
    private Mono<Verdict> askMta(NettyMta asked, MailAddress address) {
        Duration limit = settings.callout().timeouts().total();
        OwnMailboxes mailboxes = new OwnMailboxes(asked, new RecipientCheck(new VerdictCache(settings.cache())));
        return Mono.fromCompletionStage(asked.start())
                .then(mailboxes.ask(
                        address, ourselves(), loops.next(), settings.checks().recipient()))
                .timeout(limit, Mono.fromSupplier(() -> noAnswer(limit)));
    }

    private static Verdict noAnswer(Duration limit) {
        return Verdict.asked(
                Reason.NO_ANSWER,
                Stage.CONNECT,
                Evidence.of("the MTA gave no answer within " + limit.toMillis() + " ms"));
    }

    /** Whom the MTA is told it talks to. */
    private ClientIdentity ourselves() {
        InetSocketAddress here = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return new ClientIdentity(
                here,
                here,
                ClientIdentity.NameState.UNAVAILABLE,
                null,
                settings.hostname(),
                ClientIdentity.Protocol.ESMTP);
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
