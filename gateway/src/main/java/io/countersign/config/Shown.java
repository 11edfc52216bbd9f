package io.countersign.config;

/**
 * One key of the effective configuration.
 *
 * @param key full key, as {@code listen.limits.idle}
 * @param value as HOCON, on one line
 * @param origin {@code FILE:LINE} where the operator set it, {@link #DEFAULT} where reference.conf did, or
 *     {@link #MACHINE} for a host name that was found
 */
public record Shown(String key, String value, String origin) {
    public static final String DEFAULT = "default";
    public static final String MACHINE = "this machine";

    /** Whether nobody wrote it. */
    public boolean isDefault() {
        return origin.equals(DEFAULT) || origin.equals(MACHINE);
    }
}
