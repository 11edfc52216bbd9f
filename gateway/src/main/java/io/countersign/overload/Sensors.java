package io.countersign.overload;

/** What can be read about this process. Called on the guard's thread only. */
interface Sensors {
    /** Share of the heap that is in use by what lives, 0 to 1. */
    double heap();

    /** Share of direct memory that is in use, 0 to 1. */
    double directMemory();

    /** Open file descriptors; negative where nobody knows. */
    long descriptors();

    /** Most file descriptors this process may have. */
    long mostDescriptors();
}
