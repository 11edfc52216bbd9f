package io.countersign.callout;

import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Verdict;
import java.time.Duration;

/**
 * What a callout brought to light, for whoever remembers: told once for each callout, whether or not anybody still waits for it.
 *
 * @param took from the question to the verdict
 */
public record CalloutResult(MailAddress address, Verdict verdict, Duration took) {}
