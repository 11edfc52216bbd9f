package io.countersign;

import io.countersign.callout.CalloutRequest;
import io.countersign.check.OwnMailboxes;
import io.countersign.check.RecipientCheck;
import io.countersign.config.Settings;
import io.countersign.limit.Trust;
import io.countersign.relay.ClientIdentity;
import io.countersign.relay.Mta;
import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Questions that an operator asks about addresses: as the gateway would, within the same limits. Addresses of our own domains are
 * asked of the MTA and never by DNS. Never fails because of a peer; ends within {@code callout.timeouts.total}. Any thread.
 */
final class Questions {
    private final Supplier<Settings> settings;
    private final Outside outside;
    private final @Nullable Mta mta;
    private final RecipientCheck recipients;
    private final EventLoopGroup loops;

    /** @param mta null where there is no configuration: then no domain is ours */
    Questions(
            Supplier<Settings> settings,
            Outside outside,
            @Nullable Mta mta,
            RecipientCheck recipients,
            EventLoopGroup loops) {
        this.settings = settings;
        this.outside = outside;
        this.mta = mta;
        this.recipients = recipients;
        this.loops = loops;
    }

    Mono<Verdict> ask(MailAddress address) {
        Settings now = settings.get();
        Mta ours = now.domains().matches(address.domain()) ? mta : null;
        return ours == null ? askExchangers(address, now) : askMta(ours, address, now);
    }

    private Mono<Verdict> askExchangers(MailAddress address, Settings now) {
        long deadline = System.nanoTime() + now.callout().timeouts().total().toNanos();
        return outside.callouts().ask(new CalloutRequest(address, Trust.UNPROVEN, deadline));
    }

    private Mono<Verdict> askMta(Mta asked, MailAddress address, Settings now) {
        Duration limit = now.callout().timeouts().total();
        return new OwnMailboxes(asked, recipients)
                .ask(address, ourselves(now), loops.next(), now.checks().recipient())
                .timeout(limit, Mono.fromSupplier(() -> noAnswer(limit)));
    }

    private static Verdict noAnswer(Duration limit) {
        return Verdict.asked(
                Reason.NO_ANSWER,
                Stage.CONNECT,
                Evidence.of("the MTA gave no answer within " + limit.toMillis() + " ms"));
    }

    /** Whom the MTA is told it talks to. */
    private static ClientIdentity ourselves(Settings now) {
        InetSocketAddress here = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return new ClientIdentity(
                here, here, ClientIdentity.NameState.UNAVAILABLE, null, now.hostname(), ClientIdentity.Protocol.ESMTP);
    }
}
