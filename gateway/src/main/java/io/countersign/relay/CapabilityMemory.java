package io.countersign.relay;

import io.countersign.smtp.Capabilities;
import java.util.Optional;

/** Keeps the MTA's capabilities over restarts, so that clients can be greeted while the MTA is down. */
public interface CapabilityMemory {
    /** Forgets at exit. */
    CapabilityMemory NONE = new CapabilityMemory() {
        @Override
        public Optional<Capabilities> load() {
            return Optional.empty();
        }

        @Override
        public void save(Capabilities learnt) {}
    };

    /** What was saved last; read once, at construction. May block. */
    Optional<Capabilities> load();

    /** Called when they differ from what was saved before; on an event loop: must not block. */
    void save(Capabilities learnt);
}
