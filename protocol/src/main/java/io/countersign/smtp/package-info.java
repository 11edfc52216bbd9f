/** The values of SMTP (RFC 5321) as immutable JDK-only types: commands, replies, paths, addresses, capabilities, limits. */
@NullMarked
package io.countersign.smtp;

import org.jspecify.annotations.NullMarked;
