/** JSON (RFC 8259) to and from plain Java values. JDK only; any room may use it. */
@NullMarked
package io.countersign.json;

import org.jspecify.annotations.NullMarked;
