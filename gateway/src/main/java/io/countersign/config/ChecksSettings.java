package io.countersign.config;

import io.countersign.verdict.Reason;
import java.time.Duration;
import java.util.Map;

/** {@code checks}: what is asked, and what follows. */
public record ChecksSettings(ReverseDns reverseDns, Sender sender, Recipient recipient) {

    public enum Mode {
        OFF,
        /** Asks and records as {@link #ENFORCE} would, delays and refuses nothing. */
        MONITOR,
        ENFORCE
    }

    /** What we do with a message; in order of severity. */
    public enum Action {
        ACCEPT,
        TAG,
        DEFER,
        REJECT
    }

    /** Of which senders an exchanger is asked. */
    public enum Ask {
        ALWAYS,
        NOT_FORGED,
        SPF_PASS
    }

    public enum Switch {
        ON,
        OFF
    }

    /** @param none action where the client has no PTR @param fail where the name does not lead back */
    public record ReverseDns(Mode mode, Action none, Action fail) {}

    /**
     * @param waitFor {@code wait}: how long a session waits for the verdict
     * @param actions the action for every reason: kinds and reasons of the file already resolved; {@code REJECT} only for
     *     reasons of kind undeliverable
     */
    public record Sender(
            Mode mode, Switch callout, Ask ask, Duration waitFor, Map<Reason, Action> actions, Duration deferAtMost) {
        public Sender {
            actions = Map.copyOf(actions);
        }

        public Action action(Reason reason) {
            return actions.getOrDefault(reason, Action.TAG);
        }
    }

    /** @param waitFor {@code wait}: how long the MTA may be silent before a remembered answer is given */
    public record Recipient(Mode mode, Duration waitFor) {}
}
