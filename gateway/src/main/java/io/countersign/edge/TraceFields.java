package io.countersign.edge;

import io.countersign.check.SenderFinding;
import io.countersign.check.SenderInquiry;
import io.countersign.config.ChecksSettings.Mode;
import io.countersign.config.Settings;
import io.countersign.decision.AuthenticationResults;
import io.countersign.decision.ReceivedField;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** The fields we put in front of a message (product.md §5), from what is known when its content may come. */
final class TraceFields {
    private TraceFields() {}

    /** Returns an owned buffer: Authentication-Results, then Received, each with its CRLF. */
    static ByteBuf of(Envelope e, SessionContext context) {
        SessionFacts facts = context.facts();
        Settings settings = context.settings();
        SenderInquiry inquiry = e.inquiry();
        SenderFinding finding = e.senderFinding();
        boolean finished = inquiry == null || finding != null;
        e.record().spf(inquiry == null ? null : inquiry.spfKnown());
        String results = AuthenticationResults.field(
                settings.authservId(),
                new AuthenticationResults.Facts(
                        facts.ip,
                        e.checks().reverseDns().mode() == Mode.OFF ? null : facts.name(),
                        inquiry == null ? null : inquiry.spfKnown(),
                        facts.helo(),
                        e.from(),
                        finding == null ? null : finding.verdict(),
                        finished && e.checks().sender().mode() != Mode.OFF
                                ? AuthenticationResults.Verification.FINISHED
                                : AuthenticationResults.Verification.PENDING));
        String received = ReceivedField.field(
                settings.hostname(),
                e.id(),
                new ReceivedField.Facts(
                        facts.helo(), facts.confirmedName(), facts.ip, protocol(e, facts), e.onlyRecipient()),
                System.currentTimeMillis() / 1000);
        return Unpooled.copiedBuffer(results + received, StandardCharsets.UTF_8);
    }

    /** RFC 3848; RFC 6531 §4.3. */
    private static String protocol(Envelope e, SessionFacts facts) {
        String base = e.mail().parameters().smtpUtf8() ? "UTF8SMTP" : facts.isExtended() ? "ESMTP" : "SMTP";
        return facts.tls() == null ? base : base + "S";
    }
}
