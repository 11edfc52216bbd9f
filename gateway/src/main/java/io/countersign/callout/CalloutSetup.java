package io.countersign.callout;

import io.countersign.config.CalloutSettings;
import io.countersign.config.Overrides;
import io.countersign.dns.ConnectPolicy;
import io.countersign.dns.Exchangers;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;

/** What callouts go by until the next reload. A callout under way keeps the one it began with. */
public record CalloutSetup(
        CalloutSettings settings, Overrides overrides, Exchangers exchangers, ConnectPolicy policy, ReversePath from) {

    /** @throws IllegalArgumentException when {@code callout.mail-from} is no address (the configuration's check says so first) */
    public static CalloutSetup of(
            CalloutSettings settings, Overrides overrides, Exchangers exchangers, ConnectPolicy policy) {
        ReversePath from = settings.mailFrom()
                .filter(text -> !text.isEmpty())
                .map(text -> new ReversePath(MailAddress.parse(text)
                        .orElseThrow(() -> new IllegalArgumentException("callout.mail-from: " + text))))
                .orElse(ReversePath.NULL);
        return new CalloutSetup(settings, overrides, exchangers, policy, from);
    }
}
