/** A small Internet on loopback: DNS, exchangers that misbehave by script, an MTA that records; for demo, tests and benchmarks. */
@NullMarked
package io.countersign.lab;

import org.jspecify.annotations.NullMarked;
