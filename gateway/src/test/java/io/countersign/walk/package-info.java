/** Random dialogues with random faults on both sides, held against a model of SMTP that knows nothing of the gateway's code. */
@NullMarked
package io.countersign.walk;

import org.jspecify.annotations.NullMarked;
