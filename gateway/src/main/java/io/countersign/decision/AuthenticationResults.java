package io.countersign.decision;

import io.countersign.dns.ClientName;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.spf.SpfResult;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Verdict;
import org.jspecify.annotations.Nullable;

/** Our {@code Authentication-Results:} field (RFC 8601 §2.2, product.md §5). Pure; everything a stranger chose is quoted or filtered. */
public final class AuthenticationResults {
    private AuthenticationResults() {}

    /**
     * @param clientName null when reverse DNS was not asked or has no answer yet: then there is no {@code iprev}
     * @param spf null when SPF was not asked or has no answer yet
     * @param verdict null for the null sender ({@code none}); also null while a verdict is still on its way in monitor mode
     * @param pending whether a null verdict means "not yet": then the method is left out
     */
    public record Facts(
            String clientIp,
            @Nullable ClientName clientName,
            @Nullable SpfResult spf,
            String helo,
            ReversePath from,
            @Nullable Verdict verdict,
            Verification pending) {}

    public enum Verification {
        FINISHED,
        PENDING
    }

    /** The whole field with its final CRLF, folded between results. */
    public static String field(String authservId, Facts facts) {
        StringBuilder out =
                new StringBuilder(256).append("Authentication-Results: ").append(authservId);
        boolean any = false;
        if (facts.clientName() != null) {
            out.append(";\r\n\tiprev=")
                    .append(iprev(facts.clientName().result()))
                    .append(" policy.iprev=")
                    .append(value(facts.clientIp()));
            any = true;
        }
        MailAddress sender = facts.from().mailbox();
        if (facts.spf() != null) {
            out.append(";\r\n\tspf=").append(facts.spf().word());
            if (sender == null) {
                out.append(" smtp.helo=").append(value(facts.helo()));
            } else {
                out.append(" smtp.mailfrom=").append(value(sender.domain().text()));
            }
            any = true;
        }
        if (facts.pending() == Verification.FINISHED) {
            Verdict verdict = facts.verdict();
            out.append(";\r\n\tx-sender-callout=").append(verdict == null ? "none" : result(verdict.reason()));
            if (verdict != null) {
                out.append(" reason=\"").append(verdict.reason().word()).append('"');
            }
            out.append(" smtp.mailfrom=").append(sender == null ? "\"\"" : value(sender.text()));
            any = true;
        }
        if (!any) {
            out.append("; none");
        }
        return out.append("\r\n").toString();
    }

    /** product.md §5. */
    static String result(Reason reason) {
        return switch (reason) {
            case ACCEPTED, ACCEPTS_ANY, MAILBOX_FULL -> "pass";
            case NO_SUCH_MAILBOX, MAILBOX_DISABLED, NO_SUCH_DOMAIN, NULL_MX -> "fail";
            case TRY_LATER, NO_ANSWER, UNREACHABLE, DNS_FAILURE, RATE_LIMITED, CIRCUIT_OPEN, OVERLOADED -> "temperror";
            case REFUSES_NULL_SENDER, REFUSED_US, BROKEN_PEER, UNUSABLE_EXCHANGER -> "permerror";
            case NOT_ASKED, FORGED_SENDER -> "none";
        };
    }

    private static String iprev(ClientName.Result result) {
        return switch (result) {
            case PASS -> "pass";
            case FAIL -> "fail";
            case TEMPERROR -> "temperror";
            case NONE -> "permerror";
        };
    }

    /** A pvalue (RFC 8601 §2.2): as it is where it is made of atoms, dots and {@code @}; otherwise a quoted string. */
    static String value(String text) {
        boolean plain = !text.isEmpty();
        for (int i = 0; plain && i < text.length(); i++) {
            char c = text.charAt(i);
            plain = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || "!#$%&'*+-/=?^_`{|}~.@[]:".indexOf(c) >= 0;
        }
        if (plain && "[:=/?".chars().noneMatch(c -> text.indexOf(c) >= 0)) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 8).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == 0x7f) {
                out.append('?');
            } else {
                if (c == '"' || c == '\\') {
                    out.append('\\');
                }
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
