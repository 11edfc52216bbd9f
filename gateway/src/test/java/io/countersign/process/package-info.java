/** The gateway as a process of its own: signals, limits of the system, locales. */
@NullMarked
package io.countersign.process;

import org.jspecify.annotations.NullMarked;
