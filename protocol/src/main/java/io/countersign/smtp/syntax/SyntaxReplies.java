package io.countersign.smtp.syntax;

import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.SmtpReply;

/** What a client is told about a line that is no command. Wording as in Postfix, where Postfix has words (product.md §4). */
final class SyntaxReplies {
    static final SmtpReply BAD_CHARACTERS =
            SmtpReply.of("500 5.5.2 Error: bad syntax, not ASCII or a control character");
    static final SmtpReply EHLO = SmtpReply.of("501 5.5.4 Syntax: EHLO hostname");
    static final SmtpReply HELO = SmtpReply.of("501 5.5.4 Syntax: HELO hostname");
    static final SmtpReply MAIL = SmtpReply.of("501 5.5.4 Syntax: MAIL FROM:<address>");
    static final SmtpReply RCPT = SmtpReply.of("501 5.5.4 Syntax: RCPT TO:<address>");
    static final SmtpReply DATA = SmtpReply.of("501 5.5.4 Syntax: DATA");
    static final SmtpReply BDAT = SmtpReply.of("501 5.5.4 Syntax: BDAT count [LAST]");
    static final SmtpReply RSET = SmtpReply.of("501 5.5.4 Syntax: RSET");
    static final SmtpReply QUIT = SmtpReply.of("501 5.5.4 Syntax: QUIT");
    static final SmtpReply STARTTLS = SmtpReply.of("501 5.5.4 Syntax: STARTTLS");
    static final SmtpReply VRFY = SmtpReply.of("501 5.5.4 Syntax: VRFY address");
    static final SmtpReply BAD_SENDER = SmtpReply.of("501 5.1.7 Bad sender address syntax");
    static final SmtpReply BAD_RECIPIENT = SmtpReply.of("501 5.1.3 Bad recipient address syntax");
    static final SmtpReply NEEDS_SMTPUTF8 = SmtpReply.of("553 5.6.7 Must declare SMTPUTF8 to send unicode address");
    static final SmtpReply BAD_SIZE = SmtpReply.of("501 5.5.4 Bad message size syntax");
    static final SmtpReply BAD_PARAMETER = SmtpReply.of("501 5.5.4 Bad parameter syntax");
    static final SmtpReply TWICE = SmtpReply.of("501 5.5.4 Parameter given twice");
    static final SmtpReply NO_BINARYMIME = SmtpReply.of("555 5.5.4 Unsupported option: BODY=BINARYMIME");

    private static final EnhancedStatus INVALID_ARGUMENTS = EnhancedStatus.of(5, 5, 4);

    private SyntaxReplies() {}

    static SmtpReply unsupported(String keyword) {
        return SmtpReply.of(555, INVALID_ARGUMENTS, "Unsupported option: " + keyword);
    }
}
