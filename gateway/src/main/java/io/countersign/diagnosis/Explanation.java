package io.countersign.diagnosis;

import java.util.List;
import java.util.Optional;

/**
 * What a bounce or a log line means.
 *
 * @param known empty when the words are not known: then only the codes are explained
 * @param codes each code that was found, and its meaning
 * @param id of a transaction of a Countersign gateway, where the text names one
 */
public record Explanation(Optional<Known> known, List<Code> codes, Optional<String> id) {
    public Explanation {
        codes = List.copyOf(codes);
    }

    /** Where it is to be mended. */
    public enum Side {
        SENDING("the sending side"),
        RECEIVING("the receiving side"),
        BETWEEN("the network or DNS between the two"),
        GATEWAY("this gateway"),
        ADDRESS("whoever wrote the address");

        private final String words;

        Side(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }
    }

    /**
     * An entry of {@code explanations.txt}.
     *
     * @param name of the entry
     * @param source where this text comes from
     */
    public record Known(String name, Side side, String happened, String remedy, String source) {}

    /** @param code {@code 550} or {@code 5.1.1} */
    public record Code(String code, String meaning) {}

    /** Whether anything at all could be said. */
    public boolean saysSomething() {
        return known.isPresent() || !codes.isEmpty() || id.isPresent();
    }
}
