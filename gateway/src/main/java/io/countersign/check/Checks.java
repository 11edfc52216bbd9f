package io.countersign.check;

import io.countersign.dns.ClientName;
import io.countersign.smtp.MailDomain;
import java.net.InetAddress;
import java.time.Duration;
import reactor.core.publisher.Mono;

/** The questions the edge asks, together. */
public record Checks(ReverseDnsCheck reverseDns, SenderCheck sender, RecipientCheck recipient, Deferrals deferrals) {

    /** Reverse DNS of a client. */
    @FunctionalInterface
    public interface ReverseDnsCheck {
        Mono<ClientName> lookup(InetAddress client);
    }

    /** How long a domain's mail has been deferred for want of an answer. */
    @FunctionalInterface
    public interface Deferrals {
        /** True while it may be deferred once more; starts the domain's clock at the first call. */
        boolean mayDefer(MailDomain domain, Duration atMost);
    }
}
