/** What we concluded about an address: verdict, kind, reason, stage, evidence, and the cache that remembers them. Uses smtp's values only. */
@NullMarked
package io.countersign.verdict;

import org.jspecify.annotations.NullMarked;
