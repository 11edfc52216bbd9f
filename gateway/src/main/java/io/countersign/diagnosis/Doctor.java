package io.countersign.diagnosis;

import io.countersign.smtp.MailDomain;
import java.time.Duration;
import reactor.core.publisher.Mono;

/**
 * Answers "will mail from or to this domain disappear?". Asks DNS and the exchangers, within the limits of callouts and one
 * deadline; never sends a message, never dials an address that callouts may not dial. Thread safe.
 */
public interface Doctor {
    /** The one deadline over all that is asked about one domain. */
    Duration LONGEST = Duration.ofSeconds(90);

    /** Examines somebody's domain. Never fails and never blocks; completes within {@link #LONGEST}. */
    Mono<Report> examine(MailDomain domain);

    /** Examines our own name and addresses and, where one is configured, the MTA behind us. Never fails and never blocks. */
    Mono<Report> examineOurselves();
}
