package io.countersign.edge;

import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import java.util.Locale;
import java.util.Set;

/** Local parts other servers ask with instead of the null sender (product.md §8): Postfix's double-bounce, and the classics. */
final class ProbeAddresses {
    private static final Set<String> LOCAL_PARTS = Set.of("double-bounce", "postmaster", "mailer-daemon");

    private ProbeAddresses() {}

    static boolean isProbe(ReversePath from) {
        MailAddress sender = from.mailbox();
        return sender != null && contains(sender.localPart());
    }

    static boolean contains(String localPart) {
        return LOCAL_PARTS.contains(localPart.toLowerCase(Locale.ROOT));
    }
}
