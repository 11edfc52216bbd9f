package io.countersign.limit;

import io.countersign.config.CalloutSettings;
import io.countersign.config.CalloutSettings.Limits;
import io.countersign.config.CalloutSettings.Rate;
import io.countersign.config.Overrides;
import io.countersign.limit.Breaker.Admission;
import io.countersign.limit.KeyLimit.Paces;
import io.countersign.limit.KeyTable.Key;
import io.countersign.smtp.MailDomain;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether an exchanger may be asked now. A callout takes one permit for the sender's {@linkplain #domain domain} and holds it to its
 * end, and one for each connection it {@linkplain #dial dials} and holds that while the connection lasts. Nothing waits in a queue:
 * the answer is a permit, a permit that may be used shortly, or the name of the limit that refuses.
 *
 * <p>An exchanger is limited under its name and under the address dialled (/32, /64), as many names may lead to one machine; the
 * breaker belongs to the address alone, so that a dead IPv6 address does not cut off an exchanger that answers over IPv4. Tables are
 * bounded; state is forgotten when that changes nothing. Any thread; never blocks.
 */
public final class CalloutLimits {
    private static final Logger LOG = LoggerFactory.getLogger(CalloutLimits.class);
    private static final int MOST_DOMAINS = 50_000;
    private static final int MOST_EXCHANGERS = 20_000;
    /** A rate exists for each combination of overrides; far fewer than this, unless somebody computes them. */
    private static final int MOST_RATES = 1_000;

    private record Setting(Overrides overrides, Limits base, Bulkhead global) {}

    private final NanoClock clock;
    private final PauseDetector pauses;
    private final LimitMeters meters;
    private final KeyTable domains;
    private final KeyTable exchangers;
    private final KeyTable addresses;
    private final KeyTable networks;
    private final Breakers breakers;
    private final Blocks blocks;
    /** Warnings about blocks: whoever owns many names can make us say it for each of them. */
    private final GcraRateLimiter warnings;

    private final ConcurrentMap<Rate, Paces> paces = new ConcurrentHashMap<>();
    private volatile Setting setting;
    private volatile BooleanSupplier overloaded = () -> false;

    /** @param pauses on the same clock */
    public CalloutLimits(
            Overrides overrides,
            CalloutSettings.Breaker breaker,
            MeterRegistry registry,
            PauseDetector pauses,
            NanoClock clock) {
        this.clock = clock;
        this.pauses = pauses;
        this.domains = new KeyTable(MOST_DOMAINS, clock);
        this.exchangers = new KeyTable(MOST_EXCHANGERS, clock);
        this.addresses = new KeyTable(MOST_EXCHANGERS, clock);
        this.networks = new KeyTable(MOST_EXCHANGERS, clock);
        this.breakers = new Breakers(MOST_EXCHANGERS, breaker, clock);
        this.blocks = new Blocks(breaker.blocked(), clock);
        this.warnings = new GcraRateLimiter(
                "warnings", Pace.of(10, Duration.ofMinutes(1), 10, Duration.ZERO), clock, GcraRateLimiter.Start.FULL);
        Limits base = overrides.calloutLimits(null, null);
        this.setting = new Setting(overrides, base, KeyLimit.bulkhead("all callouts", base.concurrent()));
        this.meters = new LimitMeters(registry)
                .table("domain", domains::size)
                .table("exchanger", exchangers::size)
                .table("address", addresses::size)
                .table("network", networks::size)
                .table("breaker", breakers::size)
                .table("open-breaker", breakers::open)
                .table("blocked", blocks::size);
    }

    /** No callout begins while this says true; asked at each. */
    public void refuseWhile(BooleanSupplier condition) {
        overloaded = condition;
    }

    /** After a reload. What was counted stays counted; callouts under way keep the permits they have. */
    public void reconfigure(Overrides overrides, CalloutSettings.Breaker breaker) {
        Limits base = overrides.calloutLimits(null, null);
        Setting old = setting;
        Bulkhead global = old.base().concurrent() == base.concurrent()
                ? old.global()
                : KeyLimit.bulkhead("all callouts", base.concurrent());
        setting = new Setting(overrides, base, global);
        paces.clear();
        breakers.reconfigure(breaker);
        blocks.reconfigure(breaker.blocked());
    }

    /** For one callout about an address of this domain: its place among all callouts, and the domain's rate and concurrency. */
    public Grant domain(MailDomain sender, Trust trust) {
        Setting now = setting;
        String name = sender.key();
        if (overloaded.getAsBoolean()) {
            return refused(new Grant.Refused(Limit.OVERLOAD, "this gateway"));
        }
        if (blocks.has(Blocks.domain(name))) {
            return refused(blockedUs(name));
        }
        Limits limits = now.overrides().calloutLimits(sender, null);
        KeyLimit key = domains.get(new Key(name, null), paces(limits.perDomain()));
        Taking taking = new Taking(clock, trust, limits.waitFor()).rate(key, Limit.PER_DOMAIN_RATE);
        boolean granted = taking.enter(now.global(), Limit.CONCURRENT)
                && taking.enter(key.bulkhead(), Limit.PER_DOMAIN_CONCURRENT)
                && taking.reserve();
        return granted ? granted(taking, new OfDomain(name)) : refused(taking.refused());
    }

    /**
     * For one connection.
     *
     * @param sender whose address is asked about
     * @param exchanger host name, without a final dot
     * @param address where it is to be dialled
     * @param waited what the callout has spent of {@code limits.wait} already, for its domain or for other dials
     */
    public Grant dial(MailDomain sender, String exchanger, InetAddress address, Trust trust, Duration waited) {
        Setting now = setting;
        String name = exchanger.toLowerCase(Locale.ROOT);
        String host = Prefix.host(address);
        if (blocks.has(Blocks.exchanger(name)) || blocks.has(Blocks.address(host))) {
            return refused(blockedUs(name + " [" + host + "]"));
        }
        Breaker breaker = breakers.find(host);
        Admission admission = breaker == null ? Admission.CALL : breaker.admit();
        if (breaker != null && admission == Admission.NO) {
            String detail = "the breaker of " + name + " [" + host + "] is open for another "
                    + breaker.remaining().toSeconds() + " s";
            return refused(new Grant.Refused(Limit.BREAKER, detail));
        }
        Limits limits = now.overrides().calloutLimits(sender, name);
        Rate ofName = now.overrides().calloutLimits(null, name).perExchanger();
        KeyLimit byName = exchangers.get(key(name, limits.perExchanger(), ofName), paces(limits.perExchanger()));
        KeyLimit byHost = addresses.get(
                key(host, limits.perExchanger(), now.base().perExchanger()), paces(limits.perExchanger()));
        KeyLimit byNetwork = networks.get(
                key(Prefix.network(address), limits.perNetwork(), now.base().perNetwork()), paces(limits.perNetwork()));
        Duration left = limits.waitFor().minus(waited);
        Taking taking = new Taking(clock, trust, left.isNegative() ? Duration.ZERO : left)
                .rate(byName, Limit.PER_EXCHANGER_RATE)
                .rate(byHost, Limit.PER_EXCHANGER_RATE)
                .rate(byNetwork, Limit.PER_NETWORK_RATE);
        boolean granted = taking.enter(byName.bulkhead(), Limit.PER_EXCHANGER_CONCURRENT)
                && taking.enter(byHost.bulkhead(), Limit.PER_EXCHANGER_CONCURRENT)
                && taking.enter(byNetwork.bulkhead(), Limit.PER_NETWORK_CONCURRENT)
                && taking.reserve();
        OfDial dial = new OfDial(sender.key(), name, host, admission);
        if (granted) {
            return granted(taking, dial);
        }
        dial.unused();
        return refused(taking.refused());
    }

    /** Whoever asks under a rate of their own has an account of their own beside the general one. */
    private static Key key(String name, Rate asked, Rate general) {
        return new Key(name, asked.equals(general) ? null : asked);
    }

    private Paces paces(Rate rate) {
        Paces known = paces.get(rate);
        if (known != null) {
            return known;
        }
        if (paces.size() >= MOST_RATES) {
            paces.clear();
        }
        return paces.computeIfAbsent(rate, Paces::of);
    }

    private Grant granted(Taking taking, Permit.Ending ending) {
        return new Grant.Granted(new Permit(taking, ending, clock), taking.after());
    }

    private Grant refused(Grant.Refused refused) {
        meters.refused(refused.limit());
        return refused;
    }

    private Grant.Refused blockedUs(String who) {
        return new Grant.Refused(
                Limit.BLOCKED_US,
                who + " said that it blocks us: not asked for " + inWords(blocks.life()) + " after that");
    }

    private static String inWords(Duration time) {
        return time.toMinutes() < 120 ? time.toMinutes() + " min" : time.toHours() + " h";
    }

    /**
     * The operator has talked to them: asked again from now on.
     *
     * @param name domain, exchanger or address
     * @return whether there was a block
     */
    public boolean unblock(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return blocks.remove(Blocks.domain(lower))
                | blocks.remove(Blocks.exchanger(lower))
                | blocks.remove(Blocks.address(lower));
    }

    /** What is held, the busiest first, at most {@code most} of each table. Walks through the tables: for people, not for checks. */
    public List<KeyState> snapshot(int most) {
        List<KeyState> all = new ArrayList<>(blocks.states(most));
        all.addAll(breakers.states(most));
        all.addAll(domains.busiest("domain", most));
        all.addAll(exchangers.busiest("exchanger", most));
        all.addAll(addresses.busiest("address", most));
        all.addAll(networks.busiest("network", most));
        return all;
    }

    /** What is held under these names (domains, exchangers, addresses), in lower case. For people, not for checks. */
    public List<KeyState> about(Set<String> names) {
        List<KeyState> all = new ArrayList<>();
        for (String name : names) {
            all.addAll(blocks.about(name));
            Breaker breaker = breakers.find(name);
            if (breaker != null) {
                all.add(breaker.state());
            }
        }
        all.addAll(domains.about("domain", names));
        all.addAll(exchangers.about("exchanger", names));
        all.addAll(addresses.about("address", names));
        return all;
    }

    private void blocked(String domain, @Nullable OfDial dial, String theirWords) {
        boolean news = blocks.add(Blocks.domain(domain));
        String who = domain;
        if (dial != null) {
            who = dial.exchanger() + " [" + dial.host() + "]";
            // Both: the domain goes by one, other domains by the other.
            news = blocks.add(Blocks.exchanger(dial.exchanger())) | blocks.add(Blocks.address(dial.host()));
        }
        if (news) {
            meters.blocked();
            if (warnings.acquirePermission()) {
                // For the operator: only people can talk a peer out of it.
                LOG.error(
                        "{} says that it blocks us; not asked for {}, senders there are not verified. It said: {}",
                        who,
                        inWords(blocks.life()),
                        theirWords);
            }
        }
    }

    /** The end of a callout as such: the peers' health is known by the dials. */
    private final class OfDomain implements Permit.Ending {
        private final String domain;

        OfDomain(String domain) {
            this.domain = domain;
        }

        @Override
        public void ended(Outcome outcome, long from, long nanos) {}

        @Override
        public void blocked(String theirWords) {
            CalloutLimits.this.blocked(domain, null, theirWords);
        }

        @Override
        public void unused() {}
    }

    private final class OfDial implements Permit.Ending {
        private final String domain;
        private final String exchanger;
        private final String host;
        private final Admission admission;

        OfDial(String domain, String exchanger, String host, Admission admission) {
            this.domain = domain;
            this.exchanger = exchanger;
            this.host = host;
            this.admission = admission;
        }

        String exchanger() {
            return exchanger;
        }

        String host() {
            return host;
        }

        @Override
        public void ended(Outcome outcome, long from, long nanos) {
            Outcome counted = outcome;
            if (outcome != Outcome.NOT_COUNTED && pauses.overlaps(from, clock.getAsLong())) {
                // A success after a pause may seem slow: nothing that overlaps one counts.
                counted = Outcome.NOT_COUNTED;
                meters.paused();
            }
            if (breakers.ended(host, admission, counted, nanos)) {
                meters.opened();
                LOG.debug("breaker of {} [{}] opens", exchanger, host);
            }
        }

        @Override
        public void blocked(String theirWords) {
            // It answered: it is in good health, only not for us.
            breakers.ended(host, admission, Outcome.SUCCESS, 0);
            CalloutLimits.this.blocked(domain, this, theirWords);
        }

        @Override
        public void unused() {
            breakers.ended(host, admission, Outcome.NOT_COUNTED, 0);
        }
    }
}
