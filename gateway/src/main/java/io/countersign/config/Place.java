package io.countersign.config;

/**
 * A line of a file the operator wrote.
 *
 * @param order rank among all places: problems are shown in the order of the files
 */
record Place(String file, int line, int order) {
    @Override
    public String toString() {
        return file + ":" + line;
    }
}
