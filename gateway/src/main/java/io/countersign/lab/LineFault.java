package io.countersign.lab;

/** An octet that RFC 5321 §2.3.8 (or §4.5.2, for NUL) does not allow where it stood. */
public enum LineFault {
    BARE_CR,
    BARE_LF,
    NUL
}
