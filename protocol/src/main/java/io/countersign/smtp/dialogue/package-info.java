/** State machines without I/O: events in, actions out; one for the server's side and one for the client's. */
@NullMarked
package io.countersign.smtp.dialogue;

import org.jspecify.annotations.NullMarked;
