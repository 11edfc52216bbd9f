package io.countersign.verdict;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailDomain;
import io.countersign.smtp.SmtpReply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongBiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is known about senders (asked of their exchangers) and about recipients (asked of our MTA), in memory. Two tables of their own
 * budgets, three quarters and one quarter of {@code cache.size}, so that a flood of invented senders costs no recipient its answer to
 * a callout, nor the other way round. Ages are measured by a monotonic clock. Lookups neither block nor wait. Any thread.
 */
public final class VerdictCache {
    /** How long the same word of the MTA about a recipient is no news. In nanoseconds. */
    private static final long SAME_NEWS = 60_000_000_000L;

    /** @param weight octets of memory, roughly */
    public record Stats(long entries, long weight, long hits, long misses, long evictions) {}

    /**
     * What is known about one address, for people.
     *
     * @param address the key it is found under: without its VERP, BATV or SRS tag where that is how it is known
     * @param sender as a sender, with evidence and dialogue; or null
     * @param recipient as a recipient of ours; or null
     */
    public record Known(
            String address,
            @Nullable Remembered sender,
            @Nullable RememberedRecipient recipient) {}

    private static final class Counts {
        private final LongAdder hits = new LongAdder();
        private final LongAdder misses = new LongAdder();
        private final LongAdder evictions = new LongAdder();
    }

    private record Setting(Lives senders, Retention.Recipient recipients) {}

    private final Ticker ticker;
    private final Cache<String, SenderEntry> senders;
    private final Cache<String, RecipientEntry> recipients;
    private final Counts senderCounts = new Counts();
    private final Counts recipientCounts = new Counts();
    private final LongAdder changes = new LongAdder();
    private volatile Setting setting;
    private volatile Retention budget;
    private volatile int share = 100;

    public VerdictCache(Retention retention) {
        this(retention, Ticker.systemTicker());
    }

    /** @param ticker nanoseconds, never falling */
    public VerdictCache(Retention retention, Ticker ticker) {
        this.ticker = ticker;
        this.budget = retention;
        this.setting = new Setting(new Lives(retention), retention.recipient());
        this.senders = this.<SenderEntry>table(
                senderOctets(retention),
                senderCounts,
                SenderEntry::weight,
                (entry, now) -> entry.left(now, setting.senders()));
        this.recipients = this.<RecipientEntry>table(
                recipientOctets(retention),
                recipientCounts,
                RecipientEntry::weight,
                (entry, now) -> entry.left(now, setting.recipients()));
    }

    private interface Weight<V> {
        int of(V entry, String key);
    }

    private <V> Cache<String, V> table(long octets, Counts counts, Weight<V> weight, ToLongBiFunction<V, Long> left) {
        return Caffeine.newBuilder()
                .maximumWeight(octets)
                .weigher((String key, V entry) -> weight.of(entry, key))
                .ticker(ticker)
                .executor(Runnable::run)
                .evictionListener((key, entry, cause) -> counts.evictions.increment())
                .expireAfter(Expiry.<String, V>writing(
                        (key, entry) -> Duration.ofNanos(left.applyAsLong(entry, ticker.read()))))
                .build();
    }

    private static long senderOctets(Retention retention) {
        return retention.octets() - recipientOctets(retention);
    }

    private static long recipientOctets(Retention retention) {
        return retention.octets() / 4;
    }

    /** After a reload. Lives that have become shorter hold at once, longer ones for what is learnt from now on. */
    public void reconfigure(Retention retention) {
        setting = new Setting(new Lives(retention), retention.recipient());
        budget = retention;
        apply();
    }

    /** Memory is short: keeps only so many percent of the budget, 1 to 100, until another share is given. Any thread; may take a while. */
    public void squeeze(int percent) {
        share = percent;
        apply();
        tidy();
    }

    private synchronized void apply() {
        long senderMost = senderOctets(budget) * share / 100;
        long recipientMost = recipientOctets(budget) * share / 100;
        senders.policy().eviction().ifPresent(eviction -> eviction.setMaximum(senderMost));
        recipients.policy().eviction().ifPresent(eviction -> eviction.setMaximum(recipientMost));
    }

    /**
     * What is known about this sender; null when nothing is. Looks under the address as given, then under the key without its
     * VERP, BATV or SRS tag, which serves only when it is deliverable.
     */
    public @Nullable Remembered sender(MailAddress address) {
        Remembered found = find(address);
        (found == null ? senderCounts.misses : senderCounts.hits).increment();
        return found;
    }

    /** As {@link #sender}, for people: it does not count as a question. */
    public @Nullable Remembered peekSender(MailAddress address) {
        return find(address);
    }

    private @Nullable Remembered find(MailAddress address) {
        long now = ticker.read();
        Remembered exact = lookup(address.key(), now);
        if (exact != null && exact.verdict().kind() != Kind.UNDETERMINED) {
            return exact;
        }
        String bare = TaggedAddress.bareKey(address);
        Remembered other = bare == null ? null : lookup(bare, now);
        if (other == null || other.verdict().kind() != Kind.DELIVERABLE) {
            return exact;
        }
        // An answer that says nothing definite about this very address still means that we have just asked.
        return exact == null ? other : other.askedLately();
    }

    private @Nullable Remembered lookup(String key, long now) {
        SenderEntry entry = senders.getIfPresent(key);
        return entry == null ? null : entry.at(now, setting.senders());
    }

    /**
     * Takes in what was found out by asking. Ignored: our own limits and rules, which say nothing about the address, and what came
     * from memory in the first place. See {@link SenderEntry#after} for what replaces what.
     */
    public void learn(MailAddress address, Verdict verdict) {
        Lives lives = setting.senders();
        boolean remembered = verdict.source() == Source.CACHE || verdict.source() == Source.STALE;
        if (remembered || !lives.keeps(verdict.reason())) {
            return;
        }
        Fact news = new Fact(verdict, ticker.read() - verdict.age().toNanos());
        String bare = TaggedAddress.bareKey(address);
        SenderEntry known = bare == null || verdict.kind() == Kind.DELIVERABLE ? null : good(bare, news.at(), lives);
        senders.asMap().compute(address.key(), (key, old) -> SenderEntry.after(old == null ? known : old, news, lives));
        if (bare != null && verdict.kind() == Kind.DELIVERABLE) {
            senders.asMap().compute(bare, (key, old) -> inferred(old, news, lives));
        }
        changes.increment();
    }

    /** The good fact under the bare key: a single refusal of one tag does not outweigh it. */
    private @Nullable SenderEntry good(String bare, long now, Lives lives) {
        SenderEntry entry = senders.getIfPresent(bare);
        return entry != null
                        && entry.fact().kind() == Kind.DELIVERABLE
                        && entry.fact().lives(now, lives)
                ? SenderEntry.of(entry.fact())
                : null;
    }

    /** What was asked about the bare address itself, and was refused, stands: this is evidence of another address. */
    private static SenderEntry inferred(@Nullable SenderEntry old, Fact news, Lives lives) {
        return old != null
                        && old.fact().kind() == Kind.UNDELIVERABLE
                        && old.fact().lives(news.at(), lives)
                ? old
                : SenderEntry.after(old, news, lives);
    }

    /** What the MTA said about this recipient; null when it is not known any more. */
    public @Nullable RememberedRecipient recipient(MailAddress address) {
        RecipientEntry entry = recipients.getIfPresent(address.key());
        RememberedRecipient found = entry == null ? null : entry.remembered(ticker.read(), setting.recipients());
        (found == null ? recipientCounts.misses : recipientCounts.hits).increment();
        return found;
    }

    /** As {@link #recipient}, for people: it does not count as a question. */
    public @Nullable RememberedRecipient peekRecipient(MailAddress address) {
        RecipientEntry entry = recipients.getIfPresent(address.key());
        return entry == null ? null : entry.remembered(ticker.read(), setting.recipients());
    }

    /** The MTA has accepted it. Said again within a minute it changes nothing, and costs no write. */
    public void recipientAccepted(MailAddress address) {
        String key = address.key();
        long now = ticker.read();
        RecipientEntry known = recipients.policy().getIfPresentQuietly(key);
        if (known == null || known.refusal() != null || now - known.at() >= SAME_NEWS) {
            recipients.put(key, new RecipientEntry(null, now));
            changes.increment();
        }
    }

    /**
     * The MTA has refused it.
     *
     * @return whether that is remembered: only when the refusal is about the address, not about sender, client or policy
     */
    public boolean recipientUnknown(MailAddress address, SmtpReply reply) {
        if (!RecipientEntry.isAboutAddress(reply)) {
            return false;
        }
        recipients.put(address.key(), new RecipientEntry(reply, ticker.read()));
        changes.increment();
        return true;
    }

    /**
     * What is known about this address, under itself and as a sender also without its tag ({@code cache get}). Counts neither as hit
     * nor as miss.
     */
    public List<Known> known(MailAddress address) {
        List<Known> found = new ArrayList<>(2);
        addKnown(found, address.key());
        String bare = TaggedAddress.bareKey(address);
        if (bare != null) {
            addKnown(found, bare);
        }
        return found;
    }

    /** What is known about addresses of this domain, at most {@code most} of them. Walks through the tables: for people. */
    public List<Known> known(MailDomain domain, int most) {
        String end = "@" + domain.key();
        List<Known> found = new ArrayList<>();
        Stream.concat(senders.asMap().keySet().stream(), recipients.asMap().keySet().stream())
                .filter(key -> key.endsWith(end))
                .distinct()
                .limit(most)
                .forEach(key -> addKnown(found, key));
        return found;
    }

    private void addKnown(List<Known> found, String key) {
        long now = ticker.read();
        SenderEntry sender = senders.policy().getIfPresentQuietly(key);
        RecipientEntry recipient = recipients.policy().getIfPresentQuietly(key);
        Remembered asSender = sender == null ? null : sender.at(now, setting.senders());
        RememberedRecipient asRecipient = recipient == null ? null : recipient.remembered(now, setting.recipients());
        if (asSender != null || asRecipient != null) {
            found.add(new Known(key, asSender, asRecipient));
        }
    }

    /** Forgets this address, as sender (also without its tag) and as recipient. @return entries that were there */
    public int forget(MailAddress address) {
        String bare = TaggedAddress.bareKey(address);
        int gone = senders.asMap().remove(address.key()) == null ? 0 : 1;
        gone += bare == null || senders.asMap().remove(bare) == null ? 0 : 1;
        gone += recipients.asMap().remove(address.key()) == null ? 0 : 1;
        changes.add(gone);
        return gone;
    }

    /** Forgets every address of this domain. Walks through the tables. @return entries that were there */
    public int forget(MailDomain domain) {
        String end = "@" + domain.key();
        int gone = forget(senders.asMap(), end) + forget(recipients.asMap(), end);
        changes.add(gone);
        return gone;
    }

    private static int forget(ConcurrentMap<String, ?> table, String end) {
        int gone = 0;
        for (String key : table.keySet()) {
            if (key.endsWith(end) && table.remove(key) != null) {
                gone++;
            }
        }
        return gone;
    }

    public Stats senderStats() {
        return stats(senders, senderCounts);
    }

    public Stats recipientStats() {
        return stats(recipients, recipientCounts);
    }

    private static Stats stats(Cache<?, ?> table, Counts counts) {
        long weight = table.policy()
                .eviction()
                .map(eviction -> eviction.weightedSize().orElse(0))
                .orElse(0L);
        return new Stats(table.estimatedSize(), weight, counts.hits.sum(), counts.misses.sum(), counts.evictions.sum());
    }

    /** Grows with every change. */
    long changes() {
        return changes.sum();
    }

    long now() {
        return ticker.read();
    }

    /** Live views for the snapshot. */
    Map<String, SenderEntry> senderEntries() {
        return senders.asMap();
    }

    Map<String, RecipientEntry> recipientEntries() {
        return recipients.asMap();
    }

    /**
     * Puts back what was kept over a restart, unless something newer is known. No clock was running meanwhile that could be
     * trusted: what is negative is at least due, so that it refuses nobody before it has been asked again, and the time between
     * a first refusal and a second begins anew.
     */
    void restore(String key, SenderEntry entry) {
        Lives lives = setting.senders();
        long now = ticker.read();
        Fact fact = entry.fact();
        if (fact.kind() == Kind.UNDELIVERABLE) {
            fact = new Fact(fact.verdict(), Math.min(fact.at(), now - lives.refresh(fact.reason())));
        }
        Fact doubt = entry.doubt() == null ? null : new Fact(entry.doubt().verdict(), now);
        SenderEntry back = new SenderEntry(fact, doubt, entry.attempt());
        if (back.left(now, lives) > 0) {
            senders.asMap().putIfAbsent(key, back);
        }
    }

    void restore(String key, RecipientEntry entry) {
        Retention.Recipient lives = setting.recipients();
        long now = ticker.read();
        long at =
                entry.refusal() == null ? entry.at() : Math.min(entry.at(), now - Lives.nanos(lives.unknownRefresh()));
        RecipientEntry back = new RecipientEntry(entry.refusal(), at);
        if (back.left(now, lives) > 0) {
            recipients.asMap().putIfAbsent(key, back);
        }
    }

    void clear() {
        senders.invalidateAll();
        recipients.invalidateAll();
    }

    /** Drops what has expired and what is too much now; the tables do it by themselves little by little. */
    void tidy() {
        senders.cleanUp();
        recipients.cleanUp();
    }
}
