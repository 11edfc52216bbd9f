package io.countersign.command.demo;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * One scene of the story.
 *
 * @param title in plain words
 * @param story what is going on, a sentence or two
 * @param elsewhere what happens to such mail where verifiers are less careful, in full
 * @param elsewhereInShort the same in a few words, for the table
 */
record Scene(
        String title, String story, String elsewhere, String elsewhereInShort, Play play, List<Expectation> expected) {

    /** @param what goes on after "expected that": a fact that anyone can check */
    record Expectation(String what, Predicate<Happened> holds) {}

    Scene {
        expected = List.copyOf(expected);
    }

    /** What did not come true; empty when all did. */
    List<String> broken(Happened happened) {
        return Stream.concat(expected.stream(), Stream.of(Expect.politeQuestions(), Expect.playedToItsEnd()))
                .filter(e -> !e.holds().test(happened))
                .map(Expectation::what)
                .toList();
    }
}
