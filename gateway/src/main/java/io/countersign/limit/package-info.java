/** Rate, burst and concurrency per domain, exchanger and network, and a breaker per exchanger; the only user of Resilience4j. */
@NullMarked
package io.countersign.limit;

import org.jspecify.annotations.NullMarked;
