/** Countersign: the assembly of all rooms, and the command a user types. Nothing imports it. */
@NullMarked
package io.countersign;

import org.jspecify.annotations.NullMarked;
