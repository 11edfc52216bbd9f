/** Is this client allowed to use this domain (RFC 7208). */
@NullMarked
package io.countersign.spf;

import org.jspecify.annotations.NullMarked;
