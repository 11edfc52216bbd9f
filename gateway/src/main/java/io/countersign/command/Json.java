package io.countersign.command;

import org.jspecify.annotations.Nullable;

/** What commands print with {@code --json}. */
final class Json {
    private Json() {}

    /** @throws IllegalArgumentException for a value that JSON does not have */
    static String of(@Nullable Object value) {
        return io.countersign.json.Json.of(value);
    }
}
