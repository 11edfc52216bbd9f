/** Watches over every test: leaks, blocked event loops, dropped errors, exceptions nobody caught. */
@NullMarked
package io.countersign.guard;

import org.jspecify.annotations.NullMarked;
