package io.countersign.smtp.syntax;

/** xtext of RFC 3461 §4. */
public final class Xtext {
    private Xtext() {}

    /** Encodes every octet (UTF-8) outside {@code !}–{@code ~} and {@code +}, {@code =}. */
    public static String encode(String text) {
        throw new AssertionError("P1 " + text);
    }

    /** True when {@code text} is xtext that hides no control character ({@code +0A} is refused). */
    public static boolean isValid(String text) {
        throw new AssertionError("P1 " + text);
    }
}
