/** Where clients arrive: listener, session, order of replies, limits, PROXY protocol, TLS. */
@NullMarked
package io.countersign.edge;

import org.jspecify.annotations.NullMarked;
