package io.countersign.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** All that is wrong, gathered while reading; nothing stops at the first. */
final class Problems {
    private record Problem(Place place, String text) {}

    private final List<Problem> problems = new ArrayList<>();

    /** @param key the full key, in the words of the file */
    void add(Place place, String key, String what) {
        problems.add(new Problem(place, place + ": " + Quoted.bare(key) + ": " + what));
    }

    boolean isEmpty() {
        return problems.isEmpty();
    }

    /** {@code FILE:LINE: key: what is wrong}, in the order of the files, each once. */
    List<String> texts() {
        return problems.stream()
                .sorted(Comparator.comparingInt((Problem p) -> p.place().order())
                        .thenComparingInt(p -> p.place().line()))
                .map(Problem::text)
                .distinct()
                .toList();
    }
}
