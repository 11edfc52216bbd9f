package io.countersign.callout;

import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Verdict;

/** What a callout brought to light, for whoever remembers: told once for each callout, whether or not anybody still waits for it. */
public record CalloutResult(MailAddress address, Verdict verdict) {}
