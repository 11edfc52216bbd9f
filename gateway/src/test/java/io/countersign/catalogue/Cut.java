package io.countersign.catalogue;

import java.util.ArrayList;
import java.util.List;

/** How what a client says is cut into writes: the outcome must be the same for each. */
public sealed interface Cut {
    /** Longest piece of what is said that is cut octet by octet, from each of its ends. */
    int FINE = 1024;

    /** As it is: one write. */
    record Whole() implements Cut {}

    /** A write an octet; in the middle of what is very long, larger ones. */
    record Octets() implements Cut {}

    /** At places drawn with that seed. */
    record Random(long seed) implements Cut {}

    /** Whole, octet by octet, and three random ones with seeds of this moment, or {@code -Dcatalogue.seed=N}. */
    static List<Cut> all() {
        Long given = Long.getLong("catalogue.seed");
        if (given != null) {
            return List.of(new Random(given));
        }
        long seed = System.nanoTime();
        return List.of(new Whole(), new Octets(), new Random(seed), new Random(seed + 1), new Random(seed + 2));
    }

    /** The ends of the pieces, the last one being the length. */
    default List<Integer> of(int length) {
        List<Integer> ends = new ArrayList<>();
        if (this instanceof Octets) {
            for (int end = 1; end < length; end++) {
                if (end <= FINE || end >= length - FINE || end % 4096 == 0) {
                    ends.add(end);
                }
            }
        } else if (this instanceof Random random) {
            java.util.Random drawn = new java.util.Random(random.seed() ^ length);
            int end = 0;
            while (end < length) {
                // Small pieces and large ones alike.
                end += 1 + drawn.nextInt(1 << (1 + drawn.nextInt(14)));
                ends.add(Math.min(end, length));
            }
        }
        if (length > 0 && (ends.isEmpty() || ends.get(ends.size() - 1) != length)) {
            ends.add(length);
        }
        return ends;
    }
}
