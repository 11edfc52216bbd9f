package io.countersign.smtp;

/**
 * What one line, reply or message may cost. Octets include the line end.
 *
 * @param commandLine longest command line we read; RFC 5321 §4.5.3.1.4 asks for 512 and more for extensions
 * @param textLine longest line of content; RFC 5321 §4.5.3.1.6 says 1,000, real mail is longer
 * @param replyLine longest line of a reply from a peer that is kept; what is longer is skipped
 * @param replyLines most lines of one reply
 * @param replyOctets most octets of one reply
 */
public record SmtpLimits(int commandLine, int textLine, int replyLine, int replyLines, int replyOctets) {
    public static final SmtpLimits DEFAULT = new SmtpLimits(2048, 1 << 20, 4096, 128, 16 * 1024);
}
