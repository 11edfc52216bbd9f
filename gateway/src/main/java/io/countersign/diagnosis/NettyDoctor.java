package io.countersign.diagnosis;

import io.countersign.callout.ReplyMeaning;
import io.countersign.config.Settings;
import io.countersign.dns.ALabels;
import io.countersign.dns.Exchangers;
import io.countersign.dns.NettyDns;
import io.countersign.limit.CalloutLimits;
import io.countersign.limit.Grant;
import io.countersign.limit.Outcome;
import io.countersign.limit.Permit;
import io.countersign.limit.Trust;
import io.countersign.net.Transport;
import io.countersign.relay.Mta;
import io.countersign.smtp.MailDomain;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The doctor over the network. At most {@value #MOST_AT_ONCE} examinations at a time: whoever asks beyond is told to come back. */
public final class NettyDoctor implements Doctor {
    static final int MOST_AT_ONCE = 4;

    private final Supplier<Settings> settings;
    private final Means means;
    private final EventLoopGroup loops;
    private final @Nullable Mta mta;
    private final AtomicInteger running = new AtomicInteger();

    /** Where it happens: event loops of that transport, owned by the caller. */
    public record Network(Transport transport, EventLoopGroup loops) {}

    /** What is asked besides, shared with callouts. */
    public record Outside(NettyDns dns, Supplier<Exchangers> exchangers, CalloutLimits limits) {}

    /**
     * Reads files: not for an event loop.
     *
     * @param mta null where none is configured
     */
    public NettyDoctor(Supplier<Settings> settings, Network network, Outside outside, @Nullable Mta mta) {
        this(settings, network, outside, mta, Patience.USUAL);
    }

    NettyDoctor(Supplier<Settings> settings, Network network, Outside outside, @Nullable Mta mta, Patience patience) {
        ReplyMeaning.prepare();
        this.settings = settings;
        this.loops = network.loops();
        this.mta = mta;
        this.means = new Means(
                outside.dns(),
                outside.exchangers(),
                outside.limits(),
                new Telephone(network.transport(), network.loops()),
                patience);
    }

    @Override
    public Mono<Report> examine(MailDomain domain) {
        if (domain.isLiteral()) {
            return Mono.just(new Report(
                    domain.text(), List.of(Line.of(Fault.MX_NAMES_NO_HOST, domain.text(), "an address literal"))));
        }
        return guarded(
                domain.text(),
                deadline -> ALabels.of(domain.text())
                        .flatMap(name -> name.isEmpty()
                                ? Mono.just(List.of(Line.of(
                                        Fault.NO_SUCH_DOMAIN, domain.text(), "not a valid internationalized domain")))
                                : withPermit(domain, name.get(), deadline)));
    }

    private Mono<List<Line>> withPermit(MailDomain domain, String name, long deadline) {
        Grant grant = means.limits().domain(domain, Trust.UNPROVEN);
        if (grant instanceof Grant.Refused refused) {
            return Mono.just(List.of(Line.of(Fault.OUR_LIMITS, domain.text(), refused.detail())));
        }
        Grant.Granted granted = (Grant.Granted) grant;
        Permit permit = granted.permit();
        DomainExamination examination = new DomainExamination(means, settings.get(), domain, name, deadline);
        Mono<List<Line>> run = inTime(examination.run(), deadline, examination::soFar);
        return (granted.after().isZero() ? run : Mono.delay(granted.after()).then(run))
                .doFinally(end -> permit.close(Outcome.NOT_COUNTED));
    }

    @Override
    public Mono<Report> examineOurselves() {
        return guarded(Report.OURSELVES, deadline -> {
            Settings now = settings.get();
            OwnExamination own = new OwnExamination(means, now, deadline);
            Mono<List<Line>> name = own.name();
            Mta ours = mta;
            if (ours == null) {
                return inTime(name, deadline, own::soFar);
            }
            MtaExamination behind = new MtaExamination(ours, loops.next(), now, means);
            Supplier<List<Line>> soFar = () -> joined(own.soFar(), behind.soFar());
            return inTime(
                    name.then(Mono.defer(own::domains))
                            .then(Mono.defer(behind::run))
                            .map(done -> soFar.get()),
                    deadline,
                    soFar);
        });
    }

    private static List<Line> joined(List<Line> one, List<Line> other) {
        List<Line> both = new ArrayList<>(one);
        both.addAll(other);
        return both;
    }

    private static Mono<List<Line>> inTime(Mono<List<Line>> run, long deadline, Supplier<List<Line>> soFar) {
        return run.timeout(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())), Mono.fromSupplier(() -> {
            List<Line> lines = new ArrayList<>(soFar.get());
            lines.add(Line.of(Fault.OUR_LIMITS, "", "time was up after " + LONGEST.toSeconds() + " s"));
            return lines;
        }));
    }

    private Mono<Report> guarded(String subject, Function<Long, Mono<List<Line>>> examination) {
        return Mono.defer(() -> {
                    if (running.incrementAndGet() > MOST_AT_ONCE) {
                        running.decrementAndGet();
                        return Mono.just(List.of(
                                Line.of(Fault.OUR_LIMITS, "", "too many examinations at a time; try again shortly")));
                    }
                    return examination
                            .apply(System.nanoTime() + LONGEST.toNanos())
                            .doFinally(end -> running.decrementAndGet());
                })
                // Listing this machine's addresses is a system call.
                .subscribeOn(Schedulers.boundedElastic())
                .map(lines -> new Report(subject, lines));
    }
}
