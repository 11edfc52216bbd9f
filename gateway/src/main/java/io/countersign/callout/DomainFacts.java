package io.countersign.callout;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.countersign.smtp.MailDomain;
import io.countersign.verdict.SideTable;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is true of all addresses of a domain, so that it need not be asked again for each: that its exchangers refuse the null
 * sender, that they accept any local part. Keyed by the domain together with the set of its exchangers: who moves to other servers
 * is asked anew. Also which exchangers say they can do TLS and cannot. Kept over restarts beside the verdicts. Bounded; any thread.
 */
public final class DomainFacts implements SideTable {
    /** How long an exchanger whose TLS failed is asked in clear. */
    static final Duration BROKEN_TLS = Duration.ofDays(1);

    private static final int MOST_DOMAINS = 50_000;
    private static final int MOST_EXCHANGERS = 10_000;
    private static final long LONGEST_AGE = Duration.ofDays(365).toMillis();

    /** Whether the domain takes mail for anybody. */
    enum CatchAll {
        YES,
        NO
    }

    /** The tables, by their letters in the file. */
    private enum Sort {
        REFUSES_NULL_SENDER("refuses the null sender"),
        ACCEPTS_ANY("accepts any local part"),
        ACCEPTS_SOME("does not accept any local part"),
        BROKEN_TLS("offers TLS that does not work");

        private final String words;

        Sort(String words) {
            this.words = words;
        }
    }

    /** @param domain empty for a fact about one exchanger */
    private record Key(String domain, String exchangers) {}

    /** @param reply theirs, printable; may be empty @param at by the clock of the facts */
    private record Fact(Sort sort, String reply, long at) {}

    /**
     * Something known, for people.
     *
     * @param exchangers the set it was found out about, or the one exchanger
     * @param reply the peer's words as one printable line; empty where there are none
     */
    public record Known(String exchangers, String fact, String reply, Duration age) {}

    private final LongSupplier clock;
    private final Cache<Key, Fact> refusesNullSender;
    private final Cache<Key, Fact> catchAll;
    private final Cache<Key, Fact> brokenTls;
    private final LongAdder changes = new LongAdder();

    /**
     * @param refusals how long a refusal of the null sender is believed ({@code cache.keep.refuses-null-sender})
     * @param any how long an answer about random local parts is believed ({@code cache.keep.accepts-any})
     */
    public DomainFacts(Duration refusals, Duration any) {
        this(refusals, any, System::nanoTime);
    }

    DomainFacts(Duration refusals, Duration any, LongSupplier clock) {
        this.clock = clock;
        refusesNullSender = cache(MOST_DOMAINS, refusals);
        catchAll = cache(MOST_DOMAINS, any);
        brokenTls = cache(MOST_EXCHANGERS, BROKEN_TLS);
    }

    private Cache<Key, Fact> cache(int most, Duration life) {
        return Caffeine.newBuilder()
                .maximumSize(most)
                .ticker(clock::getAsLong)
                .executor(Runnable::run)
                .expireAfter(Expiry.<Key, Fact>writing(
                        (key, fact) -> Duration.ofNanos(Math.max(0, life.toNanos() - (clock.getAsLong() - fact.at())))))
                .build();
    }

    private void put(Cache<Key, Fact> table, Key key, Sort sort, String reply) {
        table.put(key, new Fact(sort, reply, clock.getAsLong()));
        changes.increment();
    }

    void refusedNullSender(MailDomain domain, List<String> exchangers, String reply) {
        put(refusesNullSender, key(domain, exchangers), Sort.REFUSES_NULL_SENDER, reply);
    }

    /** The reply with which the domain's exchangers refused the null sender of late, or null. */
    @Nullable
    String nullSenderRefusal(MailDomain domain, List<String> exchangers) {
        Fact refusal = refusesNullSender.getIfPresent(key(domain, exchangers));
        return refusal == null ? null : refusal.reply();
    }

    void tookRandom(MailDomain domain, List<String> exchangers, CatchAll answer) {
        put(catchAll, key(domain, exchangers), answer == CatchAll.YES ? Sort.ACCEPTS_ANY : Sort.ACCEPTS_SOME, "");
    }

    /** Null when it was not asked within the last day. */
    @Nullable
    CatchAll catchAll(MailDomain domain, List<String> exchangers) {
        Fact known = catchAll.getIfPresent(key(domain, exchangers));
        return known == null ? null : known.sort() == Sort.ACCEPTS_ANY ? CatchAll.YES : CatchAll.NO;
    }

    void brokeTls(String exchanger) {
        put(brokenTls, new Key("", exchanger), Sort.BROKEN_TLS, "");
    }

    boolean hasBrokenTls(String exchanger) {
        return brokenTls.getIfPresent(new Key("", exchanger)) != null;
    }

    /** What is known of this name, a domain or an exchanger. Walks through the tables: for people, not for checks. */
    public List<Known> known(MailDomain name) {
        List<Known> found = new ArrayList<>();
        for (Cache<Key, Fact> table : tables()) {
            table.asMap().forEach((key, fact) -> {
                if (isAbout(key, name)) {
                    Duration age = Duration.ofNanos(Math.max(0, clock.getAsLong() - fact.at()));
                    found.add(new Known(key.exchangers(), fact.sort().words, fact.reply(), age));
                }
            });
        }
        return found;
    }

    /** Forgets what is known of this name, a domain or an exchanger ({@code cache forget}). @return facts that were there */
    public int forget(MailDomain name) {
        int gone = 0;
        for (Cache<Key, Fact> table : tables()) {
            for (Key key : table.asMap().keySet()) {
                if (isAbout(key, name) && table.asMap().remove(key) != null) {
                    gone++;
                }
            }
        }
        changes.add(gone);
        return gone;
    }

    private List<Cache<Key, Fact>> tables() {
        return List.of(refusesNullSender, catchAll, brokenTls);
    }

    private static boolean isAbout(Key key, MailDomain name) {
        return key.domain().isEmpty()
                ? key.exchangers().equals(name.key())
                : key.domain().equals(name.key());
    }

    /** The set, whatever its order and case: equal preferences are shuffled. At most twenty names. */
    private static Key key(MailDomain domain, List<String> exchangers) {
        TreeSet<String> set = new TreeSet<>();
        exchangers.forEach(name -> set.add(name.toLowerCase(Locale.ROOT)));
        return new Key(domain.key(), String.join(" ", set));
    }

    // ---- over restarts --------------------------------------------------------------------------------------------

    @Override
    public String name() {
        return "domain-facts";
    }

    @Override
    public long changes() {
        return changes.sum();
    }

    @Override
    public void save(DataOutput out) throws IOException {
        for (Cache<Key, Fact> table : tables()) {
            for (Map.Entry<Key, Fact> e : table.asMap().entrySet()) {
                Fact fact = e.getValue();
                out.writeByte(fact.sort().ordinal() + 1);
                out.writeUTF(e.getKey().domain());
                out.writeUTF(e.getKey().exchangers());
                out.writeUTF(fact.reply());
                out.writeLong(Math.max(0, (clock.getAsLong() - fact.at()) / 1_000_000));
            }
        }
        out.writeByte(0);
    }

    @Override
    public void restore(DataInput in, Duration down) throws IOException {
        List<Map.Entry<Key, Fact>> read = new ArrayList<>();
        for (int letter = in.readUnsignedByte(); letter != 0; letter = in.readUnsignedByte()) {
            if (letter > Sort.values().length) {
                throw new IOException("a fact of kind " + letter);
            }
            Key key = new Key(in.readUTF(), in.readUTF());
            String reply = Conversation.printable(in.readUTF());
            long age = Math.max(0, Math.min(in.readLong(), LONGEST_AGE));
            long at = clock.getAsLong() - Duration.ofMillis(age).plus(down).toNanos();
            read.add(Map.entry(key, new Fact(Sort.values()[letter - 1], reply, at)));
        }
        read.forEach(e -> tableOf(e.getValue().sort()).put(e.getKey(), e.getValue()));
    }

    private Cache<Key, Fact> tableOf(Sort sort) {
        return switch (sort) {
            case REFUSES_NULL_SENDER -> refusesNullSender;
            case ACCEPTS_ANY, ACCEPTS_SOME -> catchAll;
            case BROKEN_TLS -> brokenTls;
        };
    }
}
