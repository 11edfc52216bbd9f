package io.countersign.diagnosis;

/** How bad it is. */
public enum Level {
    OK,
    /** Mail passes, but not everywhere or not always. */
    WARN,
    /** Mail disappears, or will be refused. */
    FAIL
}
