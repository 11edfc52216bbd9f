/** What is wrong, and what to do: the doctor, who examines a domain and ourselves, and the explanations of bounces and log lines. */
@NullMarked
package io.countersign.diagnosis;

import org.jspecify.annotations.NullMarked;
