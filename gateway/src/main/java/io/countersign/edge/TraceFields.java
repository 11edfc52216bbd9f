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
        SenderStage sender = e.sender();
        SenderInquiry inquiry = sender == null ? null : sender.inquiry();
        SenderFinding finding = sender == null ? null : sender.finding();
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
                        finished && (sender == null ? e.checks().sender() : sender.rules()).mode() != Mode.OFF
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

    /** Enforcing waits for SPF (it has its own limit); monitoring takes what is there. {@code then} runs on the session's loop. */
    static void whenKnown(Envelope e, SessionContext context, Runnable then) {
        SenderStage sender = e.sender();
        SenderInquiry inquiry = sender == null || sender.rules().mode() != Mode.ENFORCE ? null : sender.inquiry();
        if (inquiry == null || !inquiry.asksSpf() || inquiry.spfKnown() != null) {
            then.run();
            return;
        }
        inquiry.spf().then().doOnTerminate(() -> context.onLoop(then)).subscribe();
    }

    /** RFC 3848; RFC 6531 §4.3. */
    private static String protocol(Envelope e, SessionFacts facts) {
        String base = e.mail().parameters().smtpUtf8() ? "UTF8SMTP" : facts.isExtended() ? "ESMTP" : "SMTP";
        return facts.tls() == null ? base : base + "S";
    }
}
