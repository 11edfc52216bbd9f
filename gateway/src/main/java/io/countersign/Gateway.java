package io.countersign;

import io.countersign.admin.Admin;
import io.countersign.admin.DecisionFeed;
import io.countersign.admin.Readiness;
import io.countersign.admin.Traffic;
import io.countersign.callout.CalloutResult;
import io.countersign.callout.DomainFacts;
import io.countersign.check.Checks;
import io.countersign.check.RecipientCheck;
import io.countersign.check.SenderCheck;
import io.countersign.command.Logging;
import io.countersign.command.Running;
import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.diagnosis.Doctor;
import io.countersign.diagnosis.NettyDoctor;
import io.countersign.dns.ReverseDns;
import io.countersign.edge.Edge;
import io.countersign.journal.LogJournal;
import io.countersign.journal.SqliteJournal;
import io.countersign.net.Transport;
import io.countersign.overload.Overload;
import io.countersign.overload.Shedding;
import io.countersign.relay.NettyMta;
import io.countersign.spf.Spf;
import io.countersign.verdict.CacheFile;
import io.countersign.verdict.DeferralClock;
import io.countersign.verdict.VerdictCache;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running gateway: every room, put together. The way of a message through it: {@code edge} takes the client's commands, {@code
 * check} asks {@code relay} (the MTA), {@code dns}, {@code spf} and {@code callout}, {@code verdict} remembers, {@code decision} says
 * what follows, {@code relay} carries the content through, {@code journal} writes it down.
 *
 * <p>{@link #start}, {@link #reload} and {@link #close} block for moments and belong to the main thread.
 */
public final class Gateway implements Running {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

    /** Beyond it, mail of further domains is let in instead of deferred. */
    private static final int MOST_DEFERRED_DOMAINS = 100_000;

    /** Longest wait for the MTA's first EHLO before clients are let in. */
    private static final Duration FIRST_ANSWER = Duration.ofSeconds(2);

    private static final Duration SAVE_EVERY = Duration.ofMinutes(1);

    private final SharedSettings settings;
    private final EventLoopGroup loops;
    private final Overload overload;
    private final Outside outside;
    private final VerdictCache cache;
    private final @Nullable CacheFile cacheFile;
    private final NettyMta mta;
    private final Edge edge;
    private final @Nullable SqliteJournal sqlite;
    private final Administration administration;
    private final Traffic traffic;
    private final Doctor doctor;

    private Gateway(Settings initial, MeterRegistry meters) throws IOException {
        settings = new SharedSettings(initial);
        Transport transport = Transport.best();
        loops = transport.newGroup(Runtime.getRuntime().availableProcessors(), "countersign");

        overload = Overload.start(() -> settings.get().overload(), meters);
        loops.forEach(overload::watch);
        Logging.bindTo(meters);
        // who watches
        sqlite = initial.journal()
                .dir()
                .map(dir -> SqliteJournal.start(dir, initial.journal(), meters))
                .orElse(null);
        DecisionFeed feed = new DecisionFeed();
        traffic = new Traffic(meters, feed, sqlite == null ? new LogJournal() : new LogJournal().and(sqlite));

        // what is remembered
        cache = new VerdictCache(initial.cache());
        overload.onChange(shedding -> cache.squeeze(shareOfCache(shedding)));
        DeferralClock deferrals = new DeferralClock(MOST_DEFERRED_DOMAINS);
        KeptCapabilities capabilities = new KeptCapabilities();
        DomainFacts facts = Outside.facts(initial);
        cacheFile = initial.cache()
                .file()
                .map(file -> new CacheFile(file, cache, List.of(deferrals, capabilities, facts), meters))
                .orElse(null);
        if (cacheFile != null) {
            cacheFile.load();
        }

        // what can be asked
        outside = new Outside(
                initial,
                new Outside.Means(transport, loops, meters, facts),
                Outside.Belief.WHILE_IT_FINDS_US,
                this::learnt);
        outside.refuseCalloutsWhile(overload::shedsCallouts);
        mta = new NettyMta(
                new NettyMta.Network(transport, loops),
                initial.backend(),
                initial.hostname(),
                meters,
                capabilities,
                System::nanoTime);

        // the questions
        RecipientCheck recipients = new RecipientCheck(cache);
        SenderCheck senders = new SenderCheck(
                settings,
                cache,
                recipients,
                new SenderCheck.Asking(outside::exchangers, new Spf(outside.dns()), outside.callouts()),
                mta);
        Checks checks = new Checks(new ReverseDns(outside.dns())::lookup, senders, recipients, deferrals::mayDefer);

        doctor = new NettyDoctor(
                settings::get,
                new NettyDoctor.Network(transport, loops),
                new NettyDoctor.Outside(outside.dns(), outside::exchangers, outside.limits()),
                mta);

        // where clients arrive
        edge = new Edge(new Edge.Dependencies(settings, mta, checks, traffic, overload, meters), transport, loops);
        LOG.info("transport: {} ({})", transport.kind(), transport.note());

        // where operators look in
        administration = new Administration(
                new Administration.House(transport, meters),
                settings,
                new Administration.Rooms(
                        cache,
                        outside,
                        mta,
                        edge,
                        overload,
                        new Administration.Advisers(new Questions(settings, outside, mta, recipients, loops), doctor)),
                feed,
                traffic);
    }

    /**
     * Starts it: the MTA is dialled once, the listeners are bound.
     *
     * @throws IOException with words for the operator: an address that cannot be bound, a file that cannot be read
     */
    public static Gateway start(Loaded.Ok configuration, MeterRegistry meters) throws IOException {
        Gateway gateway = new Gateway(configuration.settings(), meters);
        try {
            gateway.administration.start(configuration);
            if (gateway.cacheFile != null) {
                gateway.cacheFile.start(SAVE_EVERY);
            }
            gateway.overload.expect(descriptorsWanted(configuration.settings()));
            gateway.awaitFirstAnswer();
            gateway.edge.start();
            gateway.administration.enter(Readiness.Phase.RUNNING);
            return gateway;
        } catch (IOException e) {
            gateway.close();
            throw e;
        }
    }

    /** File descriptors, when every limit is used to the full at once. */
    private static long descriptorsWanted(Settings settings) {
        return (long) settings.listen().limits().connections()
                + settings.backend().pool().connections()
                + settings.callout().limits().concurrent();
    }

    /** In percent of {@code cache.size}. */
    private static int shareOfCache(Shedding shedding) {
        return switch (shedding) {
            case NOTHING -> 100;
            case CACHES -> 50;
            case CALLOUTS -> 25;
            case SESSIONS -> 10;
        };
    }

    /** Whoever connects first should not be told to come back only because the MTA was asked a moment ago. */
    private void awaitFirstAnswer() throws IOException {
        try {
            mta.start().toCompletableFuture().get(FIRST_ANSWER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warn("the MTA has not answered within {} ms; starting without it", FIRST_ANSWER.toMillis());
        } catch (InterruptedException | ExecutionException e) {
            throw new IOException("interrupted while starting", e);
        }
    }

    /** One that was not read from a file has no origins to show. @throws IOException as {@link #start(Loaded.Ok, MeterRegistry)} */
    public static Gateway start(Settings settings, MeterRegistry meters) throws IOException {
        return start(new Loaded.Ok(settings, List.of(), List.of()), meters);
    }

    /** The admin interface. */
    Admin admin() {
        return administration.admin();
    }

    @Override
    public List<String> welcome() {
        return administration.welcome();
    }

    /** Where clients can connect: the real ports. */
    public List<InetSocketAddress> addresses() {
        return edge.addresses();
    }

    /** Finds out what is wrong with a domain, or with us, within the limits this gateway keeps. */
    public Doctor doctor() {
        return doctor;
    }

    /** What it runs with now. */
    public Settings settings() {
        return settings.get();
    }

    /**
     * Takes over new settings; sessions that run keep theirs. Counters, breakers and memory survive.
     *
     * @throws IOException when something of it cannot be had (an address, a key): then everything goes on as before
     */
    @Override
    public void reload(Loaded.Ok configuration) throws IOException {
        Settings fresh = configuration.settings();
        Settings old = settings.get();
        edge.reload(fresh);
        try {
            mta.reload(fresh.backend());
            administration.apply(configuration);
        } catch (IOException e) {
            edge.reload(old);
            mta.reload(old.backend());
            throw e;
        }
        cache.reconfigure(fresh.cache());
        if (sqlite != null) {
            sqlite.use(fresh.journal());
        }
        settings.set(fresh);
        outside.use(fresh);
    }

    /** One that was not read from a file. @throws IOException as {@link #reload(Loaded.Ok)} */
    public void reload(Settings fresh) throws IOException {
        reload(new Loaded.Ok(fresh, List.of(), List.of()));
    }

    /**
     * No new clients; transactions end. What the MTA has got whole is waited for.
     *
     * @return completes when the last session is over
     */
    public CompletableFuture<Void> drain(Duration within) {
        administration.enter(Readiness.Phase.DRAINING);
        return edge.drain(within);
    }

    /** Ends everything that still runs; content under way is cut without an end. */
    @Override
    public void close() {
        edge.close();
        mta.close();
        outside.close();
        overload.close();
        if (cacheFile != null) {
            cacheFile.close();
        }
        administration.close();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
        if (sqlite != null) {
            sqlite.close();
        }
    }

    /** On an event loop. */
    private void learnt(CalloutResult found) {
        cache.learn(found.address(), found.verdict());
        traffic.callout(found.address(), found.verdict());
        traffic.asked(found.verdict(), found.took());
    }
}
