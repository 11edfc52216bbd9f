/** What the operator wrote, as immutable records; every error at once, with file and line. */
@NullMarked
package io.countersign.config;

import org.jspecify.annotations.NullMarked;
