package io.countersign.verdict;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a verdict rests on. Every text that came from a peer is printable ASCII and cut before it gets here.
 *
 * @param exchanger name of the exchanger asked, or null when none was
 * @param address the address dialled, as text, or null
 * @param reply the peer's deciding reply as one line of at most 200 characters, or null
 * @param detail our own words: which limit, which DNS answer; may be empty
 * @param dialogue the conversation, one line each, prefixed {@code "> "} (we said), {@code "< "} (they said) or {@code "* "}
 *     (what happened); at most 60 lines
 */
public record Evidence(
        @Nullable String exchanger,
        @Nullable String address,
        @Nullable String reply,
        String detail,
        List<String> dialogue) {
    public static final Evidence NONE = new Evidence(null, null, null, "", List.of());

    public Evidence {
        dialogue = List.copyOf(dialogue);
    }

    /** Evidence in our own words alone. */
    public static Evidence of(String detail) {
        return new Evidence(null, null, null, detail, List.of());
    }
}
