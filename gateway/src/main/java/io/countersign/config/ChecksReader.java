package io.countersign.config;

import com.typesafe.config.ConfigValue;
import io.countersign.config.ChecksSettings.Action;
import io.countersign.config.ChecksSettings.Ask;
import io.countersign.config.ChecksSettings.Mode;
import io.countersign.config.ChecksSettings.Recipient;
import io.countersign.config.ChecksSettings.ReverseDns;
import io.countersign.config.ChecksSettings.Sender;
import io.countersign.config.ChecksSettings.Switch;
import io.countersign.verdict.Kind;
import io.countersign.verdict.Reason;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** {@code checks}. */
final class ChecksReader {
    /** RFC 5321 §4.5.3.2: a client waits at least five minutes for the answer to MAIL or RCPT. */
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(4);

    /** Reasons that an action for their kind does not reach: we chose not to ask, or know better than to ask. */
    private static final Set<Reason> ONLY_BY_NAME =
            Set.of(Reason.FORGED_SENDER, Reason.RATE_LIMITED, Reason.CIRCUIT_OPEN, Reason.OVERLOADED);

    private ChecksReader() {}

    static ChecksSettings read(Section checks) {
        Section recipient = checks.section("recipient");
        return new ChecksSettings(
                reverseDns(checks.section("reverse-dns")),
                sender(checks.section("sender")),
                new Recipient(
                        recipient.word("mode", Mode.class), recipient.duration("wait", Duration.ZERO, LONGEST_WAIT)));
    }

    private static ReverseDns reverseDns(Section section) {
        Section actions = section.section("actions");
        return new ReverseDns(
                section.word("mode", Mode.class),
                actions.word("none", Action.class),
                actions.word("fail", Action.class));
    }

    private static Sender sender(Section section) {
        return new Sender(
                section.word("mode", Mode.class),
                section.word("callout", Switch.class),
                section.word("ask", Ask.class),
                section.duration("wait", Duration.ZERO, LONGEST_WAIT),
                actions(section.section("actions")),
                section.duration("defer-at-most", Duration.ZERO, Duration.ofDays(5)));
    }

    /** The words that may stand in {@code checks.sender.actions}: kinds, then reasons. */
    static Set<String> actionWords() {
        Set<String> words = new LinkedHashSet<>();
        for (Kind kind : Kind.values()) {
            words.add(kind.word());
        }
        for (Reason reason : Reason.values()) {
            words.add(reason.word());
        }
        return words;
    }

    private static Map<Reason, Action> actions(Section section) {
        Map<Kind, Action> byKind = new EnumMap<>(Kind.class);
        byKind.put(Kind.DELIVERABLE, Action.ACCEPT);
        for (Kind kind : Kind.values()) {
            if (section.values().containsKey(kind.word())) {
                byKind.put(kind, action(section, kind.word(), kind));
            }
        }
        Map<Reason, Action> actions = new EnumMap<>(Reason.class);
        for (Reason reason : Reason.values()) {
            Action ofKind = byKind.getOrDefault(reason.kind(), Action.TAG);
            if (section.values().containsKey(reason.word())) {
                actions.put(reason, action(section, reason.word(), reason.kind()));
            } else {
                actions.put(reason, ONLY_BY_NAME.contains(reason) ? Action.TAG : ofKind);
            }
        }
        if (actions.put(Reason.NOT_ASKED, Action.ACCEPT) != Action.ACCEPT
                && section.values().containsKey(Reason.NOT_ASKED.word())) {
            section.problem(Reason.NOT_ASKED.word(), "what was not asked is always accepted");
        }
        return actions;
    }

    private static Action action(Section section, String word, Kind kind) {
        ConfigValue value = section.value(word);
        try {
            Action action = Section.constant(Action.class, Section.scalar(value));
            if (action == Action.REJECT && kind != Kind.UNDELIVERABLE) {
                throw new IllegalArgumentException("reject is for what is proven undeliverable; " + word + " is "
                        + (word.equals(kind.word()) ? "not" : kind.word()) + ": accept, tag or defer");
            }
            return action;
        } catch (IllegalArgumentException wrong) {
            section.problem(word, String.valueOf(wrong.getMessage()));
            return Action.TAG;
        }
    }
}
