/** The demo: a stage (lab and gateway), scenes as data, a storyteller who prints what really happened. */
@NullMarked
package io.countersign.command.demo;

import org.jspecify.annotations.NullMarked;
