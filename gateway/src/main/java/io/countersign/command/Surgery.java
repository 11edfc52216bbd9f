package io.countersign.command;

import io.countersign.command.Verifier.Basis;
import io.countersign.config.Settings;
import io.countersign.diagnosis.Doctor;
import java.io.IOException;

/** Where a doctor can be asked, until it is closed. */
public interface Surgery extends AutoCloseable {
    /** Opens one. */
    @FunctionalInterface
    interface Starter {
        /** @throws IOException with words for the operator */
        Surgery start(Settings settings, Basis basis) throws IOException;
    }

    Doctor doctor();

    @Override
    void close();
}
