package io.countersign.smtp.dialogue;

import io.countersign.smtp.SmtpReply;

/** What a client is told about commands in the wrong order, or not offered. Wording as in Postfix, where Postfix has words (product.md §4). */
final class OrderReplies {
    static final SmtpReply OK = SmtpReply.of("250 2.0.0 Ok");
    static final SmtpReply HELP = SmtpReply.of("214 2.0.0 EHLO, MAIL, RCPT, DATA, RSET, NOOP, QUIT as in RFC 5321");
    static final SmtpReply VRFY = SmtpReply.of("252 2.5.2 Not verified here; RCPT will tell");

    static final SmtpReply NO_HELLO = SmtpReply.of("503 5.5.1 Error: send HELO/EHLO first");
    static final SmtpReply NO_EHLO = SmtpReply.of("503 5.5.1 Error: send EHLO first");
    static final SmtpReply NESTED_MAIL = SmtpReply.of("503 5.5.1 Error: nested MAIL command");
    static final SmtpReply NO_MAIL = SmtpReply.of("503 5.5.1 Error: need MAIL command");
    static final SmtpReply NO_RCPT = SmtpReply.of("503 5.5.1 Error: need RCPT command");
    static final SmtpReply NO_VALID_RECIPIENTS = SmtpReply.of("554 5.5.1 Error: no valid recipients");
    static final SmtpReply RCPT_AFTER_BDAT = SmtpReply.of("503 5.5.1 Error: RCPT after BDAT");
    static final SmtpReply DATA_AFTER_BDAT = SmtpReply.of("503 5.5.1 Error: DATA after BDAT");
    static final SmtpReply NULL_CHUNK = SmtpReply.of("501 5.5.4 Error: chunk without content");
    static final SmtpReply IN_TRANSACTION = SmtpReply.of("503 5.5.1 Error: MAIL transaction in progress");
    static final SmtpReply TLS_ACTIVE = SmtpReply.of("503 5.5.1 Error: TLS already active");
    static final SmtpReply NEEDS_SMTPUTF8 = SmtpReply.of("553 5.6.7 Must declare SMTPUTF8 to send unicode address");
    static final SmtpReply NOT_IMPLEMENTED = SmtpReply.of("502 5.5.1 Error: command not implemented");
    static final SmtpReply NOT_RECOGNIZED = SmtpReply.of("500 5.5.2 Error: command not recognized");

    private OrderReplies() {}
}
