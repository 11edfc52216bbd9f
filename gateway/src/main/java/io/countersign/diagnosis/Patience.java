package io.countersign.diagnosis;

import java.time.Duration;

/**
 * From when on an answer counts as late. Servers that verify senders wait from a few seconds (Postfix' first reply, our own {@code
 * checks.sender.wait}) to half a minute (Exim) for a whole callout.
 *
 * @param greeting from the connection to the 220
 * @param answers from EHLO to the answer to RCPT, without the greeting
 * @param mta for the MTA's refusal of one recipient
 */
record Patience(Duration greeting, Duration answers, Duration mta) {
    static final Patience USUAL = new Patience(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(1));
}
