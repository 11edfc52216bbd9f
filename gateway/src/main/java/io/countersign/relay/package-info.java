/** The MTA behind us: connections and the identity they carry, the cut-through transaction, owed envelopes. */
@NullMarked
package io.countersign.relay;

import org.jspecify.annotations.NullMarked;
