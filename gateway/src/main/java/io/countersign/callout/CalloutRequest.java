package io.countersign.callout;

import io.countersign.limit.Trust;
import io.countersign.smtp.MailAddress;

/**
 * One question to the outside: does this address exist?
 *
 * @param address asked exactly as given
 * @param trust whether SPF passed: half of each rate is kept for such senders
 * @param deadlineNanos {@link System#nanoTime()} at which the answer must be there at the latest
 */
public record CalloutRequest(MailAddress address, Trust trust, long deadlineNanos) {}
