package io.countersign.lab;

/**
 * A message that a {@link LabMta} accepted.
 *
 * @param connection on which of its connections, from 1
 * @param helo the name in the EHLO or HELO of that connection (not the one XCLIENT gave)
 * @param queueId as it stood in the reply
 */
public record MtaMessage(
        long connection, Identity identity, String helo, Envelope envelope, Content content, String queueId) {}
