/** The commands a user types; Countersign assembles the rest. */
@NullMarked
package io.countersign.command;

import org.jspecify.annotations.NullMarked;
