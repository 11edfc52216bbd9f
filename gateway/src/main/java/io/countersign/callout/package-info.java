/** One conversation with one exchanger, and what its answers mean. */
@NullMarked
package io.countersign.callout;

import org.jspecify.annotations.NullMarked;
