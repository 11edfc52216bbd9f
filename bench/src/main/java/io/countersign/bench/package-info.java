/** Micro-benchmarks (JMH) of protocol and gateway, each beside what one would use otherwise; and the page of their results. */
@NullMarked
package io.countersign.bench;

import org.jspecify.annotations.NullMarked;
