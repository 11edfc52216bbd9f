package io.countersign.config;

import java.util.regex.Pattern;

/**
 * One key of the effective configuration.
 *
 * @param key full key, as {@code listen.limits.idle}
 * @param value as HOCON, on one line; of a secret only whether there is one: {@link #MASK}
 * @param origin {@code FILE:LINE} where the operator set it, {@link #DEFAULT} where reference.conf did, or
 *     {@link #MACHINE} for a host name that was found
 */
public record Shown(String key, String value, String origin) {
    /** Stands for a secret that is set. */
    public static final String MASK = "\"****\"";

    /** Keys that end so hold a secret themselves. Files with secrets are named by others, and names are none. */
    private static final Pattern SECRET = Pattern.compile("(.*[.-])?(hash-key|password|secret|token)");

    public static final String DEFAULT = "default";
    public static final String MACHINE = "this machine";

    /** Whoever shows a value gets it from here: no secret leaves this room but in the settings that use it. */
    public Shown {
        value = SECRET.matcher(key).matches() && !value.equals("\"\"") ? MASK : value;
    }

    /** Whether nobody wrote it. */
    public boolean isDefault() {
        return origin.equals(DEFAULT) || origin.equals(MACHINE);
    }
}
