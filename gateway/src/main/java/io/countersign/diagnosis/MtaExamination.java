package io.countersign.diagnosis;

import io.countersign.config.BackendSettings.ClientIdentityMode;
import io.countersign.config.Settings;
import io.countersign.relay.ClientIdentity;
import io.countersign.relay.Mta;
import io.countersign.relay.MtaAnswer;
import io.countersign.relay.MtaTransaction;
import io.countersign.relay.MtaTransaction.RecipientAnswer;
import io.countersign.smtp.Capabilities;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailDomain;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpReply;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The MTA behind us, asked the way the gateway asks it, without ever sending content. What a stranger may do is asked under the
 * identity of a documentation address (RFC 5737), which no MTA can have reason to trust; the rest under our own. Subscribe once.
 */
final class MtaExamination {
    /** Domains of ours for which the MTA is asked. */
    static final int MOST_DOMAINS = 5;

    private static final byte[] STRANGER = {(byte) 192, 0, 2, 1};
    private static final String FOREIGN = "relay-test@example.com";

    private record Answered(RecipientAnswer answer, Duration took) {
        boolean isAccepted() {
            return answer.answer() instanceof MtaAnswer.Replied replied
                    && answer.at() == RecipientAnswer.At.RCPT
                    && replied.reply().isPositive();
        }

        String seen() {
            return answer.answer() instanceof MtaAnswer.Replied replied
                    ? replied.reply().toString()
                    : answer.answer().kind().name().toLowerCase(Locale.ROOT);
        }
    }

    private final Mta mta;
    private final EventLoop loop;
    private final Settings settings;
    private final Means means;
    private final List<Line> lines = new ArrayList<>();
    private boolean usable = true;
    private boolean takesAll;

    MtaExamination(Mta mta, EventLoop loop, Settings settings, Means means) {
        this.mta = mta;
        this.loop = loop;
        this.settings = settings;
        this.means = means;
    }

    List<Line> soFar() {
        return List.copyOf(lines);
    }

    Mono<List<Line>> run() {
        List<MailDomain> domains = OwnExamination.ownDomains(settings);
        List<MailDomain> asked = domains.subList(0, Math.min(MOST_DOMAINS, domains.size()));
        return Flux.fromIterable(asked)
                .concatMap(
                        domain -> usable ? postmaster(domain).then(Mono.defer(() -> unknown(domain))) : Mono.empty(), 0)
                .then(Mono.defer(() -> usable && !asked.isEmpty() ? relaying(asked.get(0)) : Mono.empty()))
                .then(Mono.just(lines));
    }

    private Mono<Void> postmaster(MailDomain domain) {
        return ask("postmaster@" + domain.text(), ourselves())
                .doOnNext(answered -> {
                    Line broken = broken(answered);
                    if (broken != null) {
                        usable = false;
                        lines.add(broken);
                        return;
                    }
                    if (lines.isEmpty()) {
                        offers();
                    }
                    if (answered.answer().at() != RecipientAnswer.At.RCPT) {
                        usable = false;
                        lines.add(Line.of(
                                isTransient(answered) ? Fault.MTA_TRY_LATER : Fault.MTA_REFUSES_NULL_SENDER,
                                domain.text(),
                                answered.seen()));
                    } else if (answered.isAccepted()) {
                        lines.add(Line.ok(Check.MTA_NULL_SENDER, domain.text(), "accepted"));
                        lines.add(Line.ok(Check.MTA_POSTMASTER, domain.text(), answered.seen()));
                    } else if (isTransient(answered)) {
                        lines.add(Line.of(Fault.MTA_TRY_LATER, domain.text(), answered.seen()));
                    } else if (deniesRelaying(answered)) {
                        lines.add(Line.of(Fault.MTA_DENIES_OUR_DOMAIN, domain.text(), answered.seen()));
                    } else {
                        lines.add(Line.of(Fault.MTA_REFUSES_POSTMASTER, domain.text(), answered.seen()));
                    }
                })
                .then();
    }

    /** It answers: what its EHLO says, and whether it is told whom it talks to. */
    private void offers() {
        Capabilities offered = mta.capabilities().orElse(Capabilities.NONE);
        lines.add(Line.ok(
                Check.MTA, "", "offers " + String.join(" ", offered.keywords().keySet())));
        ClientIdentityMode mode = settings.backend().clientIdentity();
        boolean xclient = offered.parameters("XCLIENT").contains("ADDR");
        lines.add(
                switch (mode) {
                    case NONE -> Line.of(Fault.IDENTITY_NONE, "", "client-identity = none");
                    case AUTO ->
                        xclient
                                ? Line.ok(Check.MTA_IDENTITY, "", "passed on by XCLIENT")
                                : Line.of(Fault.IDENTITY_NOT_PASSED, "", "XCLIENT with ADDR is not offered to us");
                    case XCLIENT -> Line.ok(Check.MTA_IDENTITY, "", "passed on by XCLIENT");
                    case PROXY_PROTOCOL -> Line.ok(Check.MTA_IDENTITY, "", "passed on by the PROXY protocol");
                });
        long ours = settings.listen().limits().messageSize();
        offered.size()
                .filter(theirs -> theirs < ours)
                .ifPresentOrElse(
                        theirs -> lines.add(
                                Line.of(Fault.MTA_SIZE_SMALLER, "", "SIZE " + theirs + ", message-size " + ours)),
                        () -> lines.add(Line.ok(Check.MTA_SIZE, "", "takes what message-size allows")));
    }

    private Mono<Void> unknown(MailDomain domain) {
        if (!usable
                || lines.stream()
                        .anyMatch(l -> l.fault() == Fault.MTA_DENIES_OUR_DOMAIN
                                && l.about().equals(domain.text()))) {
            return Mono.empty();
        }
        return ask(means.randomLocalPart() + "@" + domain.text(), ourselves())
                .doOnNext(answered -> {
                    if (answered.isAccepted()) {
                        takesAll = true;
                        lines.add(Line.of(Fault.MTA_CATCH_ALL, domain.text(), answered.seen()));
                    } else if (broken(answered) != null || isTransient(answered)) {
                        lines.add(Line.of(Fault.MTA_TRY_LATER, domain.text(), answered.seen()));
                    } else {
                        lines.add(Line.ok(Check.MTA_UNKNOWN_RECIPIENT, domain.text(), answered.seen()));
                        String time = "refusal after " + answered.took().toMillis() + " ms";
                        boolean slow =
                                answered.took().compareTo(means.patience().mta()) > 0;
                        lines.add(
                                slow
                                        ? Line.of(Fault.MTA_SLOW, domain.text(), time)
                                        : Line.ok(Check.MTA_ANSWER_TIME, domain.text(), time));
                    }
                })
                .then();
    }

    private Mono<Void> relaying(MailDomain domain) {
        String routed = "relay-test%example.com@" + domain.text();
        return ask(FOREIGN, stranger())
                .doOnNext(answered -> lines.add(
                        answered.isAccepted()
                                ? Line.of(Fault.MTA_RELAYS_FOREIGN, FOREIGN, answered.seen())
                                : Line.ok(Check.MTA_RELAYING, FOREIGN, answered.seen())))
                .then(takesAll ? Mono.empty() : ask(routed, stranger()))
                .doOnNext(answered -> lines.add(
                        answered.isAccepted()
                                ? Line.of(Fault.MTA_RELAYS_ROUTED, routed, answered.seen())
                                : Line.ok(Check.MTA_RELAYING, routed, answered.seen())))
                .then();
    }

    // ---- asking ---------------------------------------------------------------------------------------------------

    /** A probe: the null sender, one recipient, and no content. The time is that of the whole transaction. */
    private Mono<Answered> ask(String address, ClientIdentity client) {
        ForwardPath path = new ForwardPath(MailAddress.parse(address).orElseThrow());
        return Mono.create(sink -> loop.execute(() -> {
            long began = System.nanoTime();
            MtaTransaction transaction = mta.begin(client, loop);
            sink.onDispose(() -> loop.execute(transaction::close));
            transaction.mail(ReversePath.NULL, MailParameters.NONE);
            transaction.recipient(
                    path,
                    RcptParameters.NONE,
                    answer -> sink.success(new Answered(answer, Duration.ofNanos(System.nanoTime() - began))));
        }));
    }

    /** The MTA said nothing about the recipient: why. */
    private static @Nullable Line broken(Answered answered) {
        return switch (answered.answer().answer().kind()) {
            case REPLIED -> null;
            case MISCONFIGURED ->
                Line.of(
                        Fault.MTA_MISFIT,
                        "",
                        answered.answer().answer() instanceof MtaAnswer.Misconfigured m ? m.detail() : "");
            case UNREACHABLE ->
                Line.of(
                        Fault.MTA_UNREACHABLE,
                        "",
                        answered.answer().answer() instanceof MtaAnswer.Unreachable u ? u.detail() : "");
            case BUSY, LOST, SILENT -> Line.of(Fault.MTA_UNREACHABLE, "", answered.seen());
        };
    }

    private static boolean isTransient(Answered answered) {
        return answered.answer().answer() instanceof MtaAnswer.Replied replied
                && replied.reply().isTransient();
    }

    private static boolean deniesRelaying(Answered answered) {
        if (!(answered.answer().answer() instanceof MtaAnswer.Replied replied)) {
            return false;
        }
        SmtpReply reply = replied.reply();
        return reply.isPermanent() && reply.text().toLowerCase(Locale.ROOT).contains("relay");
    }

    private ClientIdentity ourselves() {
        return identity(InetAddress.getLoopbackAddress());
    }

    private ClientIdentity stranger() {
        try {
            return identity(InetAddress.getByAddress(STRANGER));
        } catch (UnknownHostException e) {
            throw new AssertionError("four octets are an address", e);
        }
    }

    private ClientIdentity identity(InetAddress address) {
        return new ClientIdentity(
                new InetSocketAddress(address, 25),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 25),
                ClientIdentity.NameState.UNAVAILABLE,
                null,
                settings.hostname(),
                ClientIdentity.Protocol.ESMTP);
    }
}
