package io.countersign.callout;

import io.countersign.callout.DomainFacts.CatchAll;
import io.countersign.config.CalloutSettings.TlsMode;
import io.countersign.config.ChecksSettings;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailDomain;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What one callout may take from {@link DomainFacts}, and what it adds to them. */
final class DomainKnowledge {
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static final int RANDOM_LENGTH = 20;

    private final DomainFacts facts;
    private final CalloutSetup setup;
    private final MailDomain domain;
    private final List<String> exchangers;

    /** @param exchangers of the domain, all of them */
    DomainKnowledge(DomainFacts facts, CalloutSetup setup, MailDomain domain, List<String> exchangers) {
        this.facts = facts;
        this.setup = setup;
        this.domain = domain;
        this.exchangers = exchangers;
    }

    /** What holds for every address of the domain and was found out of late, or null. */
    @Nullable
    Verdict verdict() {
        String refusal = setup.from().isNull() ? facts.nullSenderRefusal(domain, exchangers) : null;
        if (refusal != null) {
            return Verdicts.known(
                    Reason.REFUSES_NULL_SENDER,
                    Stage.MAIL,
                    exchangers.get(0),
                    refusal,
                    "said of late about another address");
        }
        boolean any = isCatchAllOn() && facts.catchAll(domain, exchangers) == CatchAll.YES;
        return any
                ? Verdicts.known(
                        Reason.ACCEPTS_ANY, Stage.RCPT, exchangers.get(0), null, "it took a random local part of late")
                : null;
    }

    void learn(Finding finding) {
        if (finding.reason() == Reason.REFUSES_NULL_SENDER && finding.reply() != null) {
            facts.refusedNullSender(
                    domain, exchangers, Conversation.printable(finding.reply().toString()));
        } else if (finding.reason() == Reason.ACCEPTS_ANY) {
            facts.tookRandom(domain, exchangers, CatchAll.YES);
        } else if (finding.reason() == Reason.ACCEPTED && isCatchAllOn()) {
            // Also where it did not answer about the random one: once a day is enough either way.
            facts.tookRandom(domain, exchangers, CatchAll.NO);
        }
    }

    /** A local part that nobody has: asked once for a domain and day, where it is asked at all. */
    Optional<MailAddress> randomAddress() {
        if (!isCatchAllOn() || facts.catchAll(domain, exchangers) != null) {
            return Optional.empty();
        }
        StringBuilder local = new StringBuilder(RANDOM_LENGTH);
        for (int i = 0; i < RANDOM_LENGTH; i++) {
            local.append(LETTERS.charAt(ThreadLocalRandom.current().nextInt(LETTERS.length())));
        }
        return MailAddress.parse(local + "@" + domain.text());
    }

    ProbeDialogue.Tls tlsWith(String exchanger) {
        boolean wanted = setup.overrides().calloutTls(domain, exchanger) == TlsMode.OPPORTUNISTIC;
        return wanted && !facts.hasBrokenTls(exchanger) ? ProbeDialogue.Tls.IF_OFFERED : ProbeDialogue.Tls.AVOID;
    }

    private boolean isCatchAllOn() {
        return setup.settings().catchAll() == ChecksSettings.Switch.ON;
    }
}
