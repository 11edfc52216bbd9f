/** Notices that something runs out (memory, file descriptors, time on the event loops) and says what is to be given up. */
@NullMarked
package io.countersign.overload;

import org.jspecify.annotations.NullMarked;
