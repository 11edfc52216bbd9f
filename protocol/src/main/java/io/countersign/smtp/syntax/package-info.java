/** One line and one value: parsing and printing of commands and replies. Knows no channel. */
@NullMarked
package io.countersign.smtp.syntax;

import org.jspecify.annotations.NullMarked;
