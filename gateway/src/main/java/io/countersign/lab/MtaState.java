package io.countersign.lab;

import org.jspecify.annotations.Nullable;

/** How far one session with a {@link LabMta} has come. On the session's event loop. */
final class MtaState {
    Identity identity;
    String helo = "";
    boolean secure;

    /** XCLIENT commands accepted so far. */
    int xclients;

    @Nullable
    MtaTransaction transaction;

    MtaState(Identity identity) {
        this.identity = identity;
    }
}
