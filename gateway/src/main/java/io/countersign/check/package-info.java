/** The questions we ask about a message, each one pipeline: reverse DNS, sender, recipient. */
@NullMarked
package io.countersign.check;

import org.jspecify.annotations.NullMarked;
