package io.countersign.command;

import io.countersign.diagnosis.Doctor;
import io.countersign.diagnosis.Report;
import io.countersign.smtp.MailDomain;
import java.time.Duration;
import java.util.Map;
import reactor.core.publisher.Mono;

/**
 * Has the running gateway examine: within its limits, from its addresses, with the MTA it uses. Its examinations wait where they are
 * subscribed to, and fail with {@link AdminProblem} when the gateway gives no answer. One thread uses it.
 */
final class RunningSurgery implements Surgery, Doctor {
    /** Beyond {@link Doctor#LONGEST}, for the way there and back. */
    private static final Duration MARGIN = Duration.ofSeconds(10);

    private final AdminClient gateway;

    RunningSurgery(AdminClient gateway) {
        this.gateway = gateway;
    }

    @Override
    public Doctor doctor() {
        return this;
    }

    @Override
    public Mono<Report> examine(MailDomain domain) {
        return Mono.fromCallable(() -> ask(Map.of("domain", domain.text())));
    }

    @Override
    public Mono<Report> examineOurselves() {
        return Mono.fromCallable(() -> ask(Map.of()));
    }

    private Report ask(Map<String, String> about) throws AdminProblem, InterruptedException {
        try {
            return Report.of(gateway.post("/api/v1/doctor", about, LONGEST.plus(MARGIN)));
        } catch (IllegalArgumentException other) {
            throw new AdminProblem("the running gateway answers in words of another version", other);
        }
    }

    @Override
    public void close() {}
}
