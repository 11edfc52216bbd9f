package io.countersign.command;

/** Exit codes of all commands, as in sysexits. */
final class ExitCodes {
    static final int OK = 0;
    /** {@code verify}: undeliverable. */
    static final int UNDELIVERABLE = 1;

    static final int USAGE = 64;
    static final int UNAVAILABLE = 69;
    static final int TEMPORARY = 75;
    static final int CONFIGURATION = 78;

    private ExitCodes() {}
}
