/**
 * The catalogue of attacks and faults as tests. {@link io.countersign.catalogue.World} plays {@link
 * io.countersign.catalogue.Dialogue}s against a whole gateway, cut in every way, and asserts the global oracles after each; {@code
 * docs/catalogue.md} lists each id with its tests.
 */
@NullMarked
package io.countersign.catalogue;

import org.jspecify.annotations.NullMarked;
