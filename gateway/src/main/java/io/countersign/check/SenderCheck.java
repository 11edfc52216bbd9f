package io.countersign.check;

import io.countersign.callout.Callouts;
import io.countersign.config.ChecksSettings.Mode;
import io.countersign.config.ChecksSettings.Switch;
import io.countersign.config.Settings;
import io.countersign.dns.ExchangerSet;
import io.countersign.dns.Exchangers;
import io.countersign.relay.Mta;
import io.countersign.smtp.MailAddress;
import io.countersign.spf.Spf;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import io.countersign.verdict.VerdictCache;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Is there someone behind the sender address? Cheap evidence first, one polite callout at most. Any thread. */
public final class SenderCheck {
    private final Supplier<Settings> settings;
    private final VerdictCache cache;
    private final Asking asking;
    private final OwnMailboxes own;

    /** Who can be asked. @param exchangers those of the settings in force */
    public record Asking(Supplier<Exchangers> exchangers, Spf spf, Callouts callouts) {}

    public SenderCheck(
            Supplier<Settings> settings, VerdictCache cache, RecipientCheck recipients, Asking asking, Mta mta) {
        this.settings = settings;
        this.cache = cache;
        this.asking = asking;
        this.own = new OwnMailboxes(mta, recipients);
    }

    /** At MAIL: looks into memory, starts DNS and SPF. Dials nobody. */
    public SenderInquiry begin(SenderQuestion question) {
        Settings now = settings.get();
        Verdict ruled = ruled(question, now);
        if (ruled != null) {
            return new SettledInquiry(SenderFinding.of(ruled));
        }
        Inquiry inquiry = new Inquiry(question, now, asking, cache, own);
        inquiry.begin();
        return inquiry;
    }

    /** What needs no question: null when it does. */
    private static @Nullable Verdict ruled(SenderQuestion question, Settings now) {
        MailAddress sender = question.sender();
        if (question.rules().mode() == Mode.OFF) {
            return Verdict.ruled(Reason.NOT_ASKED, "checks.sender.mode = off");
        }
        if (question.exemption() == SenderQuestion.Exemption.CLIENT) {
            return Verdict.ruled(Reason.NOT_ASKED, "exempt.clients");
        }
        if (now.exempt().senders().matches(sender)) {
            return Verdict.ruled(Reason.NOT_ASKED, "exempt.senders");
        }
        if (now.callout().mailFrom().filter(sender.text()::equalsIgnoreCase).isPresent()) {
            return Verdict.ruled(Reason.NOT_ASKED, "callout.mail-from: our own probe address");
        }
        if (sender.domain().isLiteral()) {
            return Verdict.ruled(Reason.NOT_ASKED, "address literal");
        }
        return null;
    }

    /** The verdict of DNS alone; null when there are exchangers to ask. */
    static @Nullable Verdict fromDns(ExchangerSet set) {
        return switch (set.kind()) {
            case FOUND -> null;
            case NO_SUCH_DOMAIN -> dns(Reason.NO_SUCH_DOMAIN, ((ExchangerSet.NoSuchDomain) set).detail());
            case NULL_MX -> dns(Reason.NULL_MX, "null MX (RFC 7505)");
            case UNUSABLE -> dns(Reason.UNUSABLE_EXCHANGER, ((ExchangerSet.Unusable) set).detail());
            case FAILED -> dns(Reason.DNS_FAILURE, ((ExchangerSet.Failed) set).why());
        };
    }

    private static Verdict dns(Reason reason, String detail) {
        return Verdict.asked(reason, Stage.DNS, Evidence.of(detail));
    }

    /** DNS alone, where callouts are switched off. */
    static Mono<Verdict> domainOnly(Exchangers exchangers, MailAddress sender) {
        return exchangers.of(sender.domain()).map(set -> {
            Verdict verdict = fromDns(set);
            return verdict != null ? verdict : Verdict.ruled(Reason.NOT_ASKED, "checks.sender.callout = off");
        });
    }

    static boolean asksExchangers(SenderQuestion question) {
        return question.rules().callout() == Switch.ON;
    }
}
