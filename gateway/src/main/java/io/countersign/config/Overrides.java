package io.countersign.config;

import io.countersign.config.CalloutSettings.Limits;
import io.countersign.config.ListenSettings.BareNewlineAction;
import io.countersign.smtp.MailDomain;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * {@code overrides}: other values for some clients, domains or exchangers. All selectors of an entry must match; later entries
 * win, key by key. Results are made once per combination of matching entries, not per question.
 */
public interface Overrides {
    /** The checks for this message; null where a selector's value is not known (it then matches no entry that has it). */
    ChecksSettings checks(@Nullable InetAddress client, @Nullable MailDomain sender, @Nullable MailDomain recipient);

    BareNewlineAction bareNewline(@Nullable InetAddress client, @Nullable MailDomain sender);

    /** @param exchanger host name in lower case, or null before one is chosen */
    Limits calloutLimits(@Nullable MailDomain sender, @Nullable String exchanger);

    CalloutSettings.TlsMode calloutTls(@Nullable MailDomain sender, @Nullable String exchanger);
}
