/** Whole processes under load: arrivals that do not wait, sinks, and the cost of what stands between them. */
@NullMarked
package io.countersign.bench.load;

import org.jspecify.annotations.NullMarked;
