package io.countersign.command;

/** Exit codes of all commands, after sysexits(3). */
public final class ExitCode {
    public static final int OK = 0;

    /** The command line is wrong (EX_USAGE). */
    public static final int USAGE = 64;

    /** What is needed is not there (EX_UNAVAILABLE). */
    public static final int UNAVAILABLE = 69;

    /** Not now, perhaps later (EX_TEMPFAIL). */
    public static final int TEMPORARY = 75;

    /** The configuration is wrong (EX_CONFIG). */
    public static final int CONFIGURATION = 78;

    private ExitCode() {}
}
