package io.countersign.config;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A set of names that is asked for endings of a longer name. The hash runs from the last character to the first, so that one
 * walk over a name yields the hash of each of its endings, and no question makes a substring. Immutable.
 */
final class SuffixTable {
    private final @Nullable String[] slots;
    private final int mask;
    private final boolean empty;

    SuffixTable(Collection<String> names) {
        int capacity = Math.max(4, Integer.highestOneBit(names.size()) * 4);
        this.slots = new @Nullable String[capacity];
        this.mask = capacity - 1;
        this.empty = names.isEmpty();
        for (String name : names) {
            int hash = 0;
            for (int i = name.length() - 1; i >= 0; i--) {
                hash = step(hash, name.charAt(i));
            }
            put(name, hash);
        }
    }

    private void put(String name, int hash) {
        int i = slot(hash);
        for (String held = slots[i]; held != null; held = slots[i]) {
            if (held.equals(name)) {
                return;
            }
            i = (i + 1) & mask;
        }
        slots[i] = name;
    }

    /** The hash of {@code c} before the text whose hash is {@code hash}; the empty text has 0. */
    static int step(int hash, char c) {
        return hash * 31 + c;
    }

    boolean isEmpty() {
        return empty;
    }

    /** Whether {@code name.substring(from)}, whose hash is {@code hash}, is in the set. */
    boolean contains(String name, int from, int hash) {
        if (empty) {
            return false;
        }
        int length = name.length() - from;
        int i = slot(hash);
        for (String held = slots[i]; held != null; held = slots[i]) {
            if (held.length() == length && name.startsWith(held, from)) {
                return true;
            }
            i = (i + 1) & mask;
        }
        return false;
    }

    private int slot(int hash) {
        return (hash ^ hash >>> 15) & mask;
    }
}
