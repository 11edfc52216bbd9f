package io.countersign.command;

import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Source;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Has the running gateway ask: within its limits, and it remembers the answers. One thread uses it. */
final class RunningVerifier implements Verifier {
    private final AdminClient gateway;
    private final Duration longest;

    /** @param longest that a question may take there */
    RunningVerifier(AdminClient gateway, Duration longest) {
        this.gateway = gateway;
        this.longest = longest;
    }

    /** Waits for the answer. Fails with {@link AdminProblem} when the gateway does not give one. */
    @Override
    public CompletableFuture<Verdict> verify(MailAddress address) {
        try {
            return CompletableFuture.completedFuture(
                    verdict(gateway.post("/api/v1/verify", Map.of("address", address.text()), longest)));
        } catch (AdminProblem problem) {
            return CompletableFuture.failedFuture(problem);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return CompletableFuture.failedFuture(new AdminProblem("interrupted", stopped));
        }
    }

    private static Verdict verdict(Map<String, @Nullable Object> answer) throws AdminProblem {
        try {
            String stage = text(answer, "stage");
            return new Verdict(
                    named(Reason.values(), Reason::word, text(answer, "reason")),
                    stage == null ? null : named(Stage.values(), Stage::word, stage),
                    named(Source.values(), Source::word, text(answer, "source")),
                    Duration.ofMillis((Long) known(answer.get("age_milliseconds"))),
                    Instant.parse((String) known(answer.get("at"))),
                    new Evidence(
                            text(answer, "exchanger"),
                            text(answer, "exchanger_address"),
                            text(answer, "reply"),
                            (String) known(answer.get("detail")),
                            ((List<?>) known(answer.get("dialogue")))
                                    .stream().map(String::valueOf).toList()));
        } catch (ClassCastException | IllegalArgumentException | java.time.DateTimeException other) {
            throw new AdminProblem("the running gateway answers in words of another version", other);
        }
    }

    private static @Nullable String text(Map<String, @Nullable Object> answer, String key) {
        return (String) answer.get(key);
    }

    private static Object known(@Nullable Object value) {
        if (value == null) {
            throw new IllegalArgumentException("nothing where something is always there");
        }
        return value;
    }

    private static <E> E named(E[] all, Function<E, String> word, @Nullable String wanted) {
        return Arrays.stream(all)
                .filter(one -> word.apply(one).equals(wanted))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("an unknown word"));
    }

    @Override
    public void close() {}
}
