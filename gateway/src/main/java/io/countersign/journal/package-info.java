/** What became of each message. */
@NullMarked
package io.countersign.journal;

import org.jspecify.annotations.NullMarked;
