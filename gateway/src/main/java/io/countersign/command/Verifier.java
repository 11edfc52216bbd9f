package io.countersign.command;

import io.countersign.config.Settings;
import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Verdict;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** Asks about addresses as the gateway would. */
public interface Verifier extends AutoCloseable {
    /** What the settings rest on. */
    enum Basis {
        /** Somebody wrote them: {@code domains} are ours, and their addresses are asked of the MTA. */
        CONFIGURATION,
        /** Nobody did: there is no domain of ours and no MTA. */
        DEFAULTS
    }

    /** Starts one. */
    @FunctionalInterface
    interface Starter {
        /** @throws IOException with words for the operator */
        Verifier start(Settings settings, Basis basis) throws IOException;
    }

    /** Never fails because of a peer. Completes within {@code callout.timeouts.total}. */
    CompletableFuture<Verdict> verify(MailAddress address);

    @Override
    void close();
}
