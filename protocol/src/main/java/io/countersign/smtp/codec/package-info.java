/** The only room that knows Netty: framing, decoders, encoders, message content (DATA, BDAT), the STARTTLS switch. */
@NullMarked
package io.countersign.smtp.codec;

import org.jspecify.annotations.NullMarked;
