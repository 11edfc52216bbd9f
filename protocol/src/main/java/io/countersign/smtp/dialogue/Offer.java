package io.countersign.smtp.dialogue;

import io.countersign.smtp.Capabilities;
import io.countersign.smtp.EnhancedStatus;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.SmtpReply;
import org.jspecify.annotations.Nullable;

/** Parameters of extensions that were not offered are refused (RFC 5321 §4.1.1.11): 555, or null when all are right. */
final class Offer {
    private static final EnhancedStatus INVALID_ARGUMENTS = EnhancedStatus.of(5, 5, 4);

    private Offer() {}

    static @Nullable SmtpReply refusal(MailParameters parameters, Capabilities offered) {
        if (parameters.size() >= 0 && !offered.has("SIZE")) {
            return unsupported("SIZE");
        }
        if (parameters.body() != null && !offered.has("8BITMIME")) {
            return unsupported("BODY");
        }
        if (parameters.smtpUtf8() && !offered.has("SMTPUTF8")) {
            return unsupported("SMTPUTF8");
        }
        if (parameters.ret() != null && !offered.has("DSN")) {
            return unsupported("RET");
        }
        return parameters.envid() != null && !offered.has("DSN") ? unsupported("ENVID") : null;
    }

    static @Nullable SmtpReply refusal(RcptParameters parameters, Capabilities offered) {
        if (parameters.notifyOn() != null && !offered.has("DSN")) {
            return unsupported("NOTIFY");
        }
        return parameters.orcpt() != null && !offered.has("DSN") ? unsupported("ORCPT") : null;
    }

    private static SmtpReply unsupported(String keyword) {
        return SmtpReply.of(555, INVALID_ARGUMENTS, "Unsupported option: " + keyword);
    }
}
