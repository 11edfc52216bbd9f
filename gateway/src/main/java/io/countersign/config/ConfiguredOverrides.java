package io.countersign.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.countersign.config.CalloutSettings.Limits;
import io.countersign.config.ListenSettings.BareNewlineAction;
import io.countersign.smtp.MailDomain;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The entries of {@code overrides} over the rest of the configuration. Thread-safe. A question costs one match an entry; the
 * records are made once per set of entries that matched, and as long as no entry matches nothing is allocated.
 */
final class ConfiguredOverrides implements Overrides {
    /** All selectors that are given must match. */
    record Selectors(
            Optional<Networks> client,
            Optional<DomainPatterns> sender,
            Optional<DomainPatterns> recipient,
            Optional<DomainPatterns> exchanger) {

        boolean match(Question q) {
            return (client.isEmpty() || q.client() != null && client.get().contains(q.client()))
                    && (sender.isEmpty() || q.sender() != null && sender.get().matches(q.sender()))
                    && (recipient.isEmpty()
                            || q.recipient() != null && recipient.get().matches(q.recipient()))
                    && (exchanger.isEmpty()
                            || q.exchanger() != null && exchanger.get().matchesName(q.exchanger()));
        }
    }

    /** @param values the keys it changes, without the selectors */
    record Entry(Selectors selectors, ConfigObject values) {}

    /** What is known of the message or callout in hand. */
    private record Question(
            @Nullable InetAddress client,
            @Nullable MailDomain sender,
            @Nullable MailDomain recipient,
            @Nullable String exchanger) {}

    private final Group<ChecksSettings> checks;
    private final Group<BareNewlineAction> bareNewline;
    private final Group<Limits> limits;
    private final Group<CalloutSettings.TlsMode> tls;

    /**
     * @param values the effective configuration, resolved and found to be right
     * @param shipped reference.conf, resolved
     */
    ConfiguredOverrides(List<Entry> entries, ConfigObject values, ConfigObject shipped) {
        Function<ConfigObject, Section> root = merged -> new Section(CheckedReading.INSTANCE, "", merged, shipped);
        this.checks = new Group<>(
                entries,
                "checks",
                values,
                root.andThen(s -> s.section("checks")).andThen(ChecksReader::read));
        this.bareNewline = new Group<>(
                entries,
                "listen.bare-newline",
                values,
                root.andThen(s -> s.section("listen")).andThen(ListenReader::bareNewline));
        Function<ConfigObject, Section> callout = root.andThen(s -> s.section("callout"));
        this.limits = new Group<>(
                entries,
                "callout.limits",
                values,
                callout.andThen(s -> s.section("limits")).andThen(CalloutReader::limits));
        this.tls = new Group<>(entries, "callout.tls", values, callout.andThen(CalloutReader::tls));
    }

    @Override
    public ChecksSettings checks(
            @Nullable InetAddress client, @Nullable MailDomain sender, @Nullable MailDomain recipient) {
        return checks.answer(client, sender, recipient, null);
    }

    @Override
    public BareNewlineAction bareNewline(@Nullable InetAddress client, @Nullable MailDomain sender) {
        return bareNewline.answer(client, sender, null, null);
    }

    @Override
    public Limits calloutLimits(@Nullable MailDomain sender, @Nullable String exchanger) {
        return limits.answer(null, sender, null, exchanger);
    }

    @Override
    public CalloutSettings.TlsMode calloutTls(@Nullable MailDomain sender, @Nullable String exchanger) {
        return tls.answer(null, sender, null, exchanger);
    }

    /** One part of the configuration, the entries that change it, and what came of their combinations. */
    private static final class Group<T> {
        /** Strangers choose which entries match: beyond that many sets of them, a record is made for each question. */
        private static final int MOST_COMBINATIONS = 1024;

        private final List<Entry> entries;
        private final ConfigObject values;
        private final Function<ConfigObject, T> reader;
        private final T base;
        private final Map<BitSet, T> made = new ConcurrentHashMap<>();

        Group(List<Entry> all, String key, ConfigObject values, Function<ConfigObject, T> reader) {
            this.entries = all.stream()
                    .filter(entry -> Shipped.at(entry.values(), key) != null)
                    .toList();
            this.values = values;
            this.reader = reader;
            this.base = reader.apply(values);
        }

        T answer(
                @Nullable InetAddress client,
                @Nullable MailDomain sender,
                @Nullable MailDomain recipient,
                @Nullable String exchanger) {
            if (entries.isEmpty()) {
                return base;
            }
            Question question = new Question(client, sender, recipient, exchanger);
            BitSet matching = null;
            for (int i = 0; i < entries.size(); i++) {
                if (entries.get(i).selectors().match(question)) {
                    matching = matching == null ? new BitSet(entries.size()) : matching;
                    matching.set(i);
                }
            }
            if (matching == null) {
                return base;
            }
            T known = made.get(matching);
            return known != null ? known : make(matching);
        }

        private T make(BitSet matching) {
            ConfigObject merged = values;
            for (int i = matching.nextSetBit(0); i >= 0; i = matching.nextSetBit(i + 1)) {
                merged = entries.get(i).values().withFallback(merged);
            }
            T result = reader.apply(merged);
            if (made.size() < MOST_COMBINATIONS) {
                made.put(matching, result);
            }
            return result;
        }
    }

    /** Each key was checked where it was written, and no rule of the parts that can be overridden joins two keys. */
    private enum CheckedReading implements Section.Reading {
        INSTANCE;

        @Override
        public Place place(String key, ConfigValue value) {
            return new Place("overrides", 1, 0);
        }

        @Override
        public void problem(Place place, String key, String what) {
            throw new IllegalStateException("an override that was found to be right is not: " + key + ": " + what);
        }

        @Override
        public Path folder() {
            return Path.of("");
        }
    }
}
