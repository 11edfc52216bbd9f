/** Exchangers of a domain, reverse DNS, and which addresses may be connected to; the only user of dnsjava beside the lab. */
@NullMarked
package io.countersign.dns;

import org.jspecify.annotations.NullMarked;
