/** Verdict and rules to decision and reply: pure functions, and the only gateway room with reply texts. */
@NullMarked
package io.countersign.decision;

import org.jspecify.annotations.NullMarked;
