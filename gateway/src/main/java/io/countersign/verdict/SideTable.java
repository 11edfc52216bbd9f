package io.countersign.verdict;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;

/** Something small that lives in the cache file beside the verdicts: what must survive a restart but is worth no file of its own. */
public interface SideTable {
    /** Under which it is found again; 1 to 64 characters, never changed. */
    String name();

    /** A number that grows with every change worth saving. */
    long changes();

    /** Writes everything; called on the file's own thread while others go on using the table. At most 32 MiB. */
    void save(DataOutput out) throws IOException;

    /**
     * Takes back what {@link #save} wrote, before anybody uses the table. Trusts no length in it: the end of the data is an
     * {@link java.io.EOFException}.
     *
     * @param down time since it was saved, by the wall clock: a guess, never negative, at most 30 days
     * @throws IOException when it makes no sense; nothing has been taken then
     */
    void restore(DataInput in, Duration down) throws IOException;
}
