package io.countersign.admin;

import io.countersign.journal.TransactionRecord;
import io.countersign.limit.KeyState;
import io.countersign.smtp.MailAddress;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Verdict;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Our values as the API shows them. Every key is always there; what does not apply is null. Durations are in milliseconds. */
final class Views {
    /** Of one message; a record may hold a thousand. */
    private static final int MOST_RECIPIENTS = 100;

    private Views() {}

    /** The same as {@code verify --json} prints; {@code milliseconds} is how long the question took, null where none was asked. */
    static Map<String, @Nullable Object> verdict(MailAddress address, Verdict verdict, @Nullable Duration took) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("address", address.text());
        view.putAll(verdict(verdict));
        view.put("milliseconds", took == null ? null : took.toMillis());
        return view;
    }

    static Map<String, @Nullable Object> verdict(Verdict verdict) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        Evidence evidence = verdict.evidence();
        view.put("kind", verdict.kind().word());
        view.put("reason", verdict.reason().word());
        view.put("stage", verdict.stage() == null ? null : verdict.stage().word());
        view.put("source", verdict.source().word());
        view.put("age_milliseconds", verdict.age().toMillis());
        view.put("at", verdict.at().toString());
        view.put("exchanger", evidence.exchanger());
        view.put("exchanger_address", evidence.address());
        view.put("reply", evidence.reply());
        view.put("detail", evidence.detail());
        view.put("dialogue", evidence.dialogue());
        return view;
    }

    /** One decision, in the words of the journal. */
    static Map<String, @Nullable Object> decision(TransactionRecord t) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("id", t.id());
        view.put("session", t.sessionId());
        view.put("at", t.at().toString());
        view.put("decision", word(t.outcome()));
        view.put("client", client(t.client()));
        view.put("from", t.from() == null ? null : t.from().toString());
        view.put(
                "recipients",
                t.recipients().stream()
                        .limit(MOST_RECIPIENTS)
                        .map(Views::recipient)
                        .toList());
        view.put("recipient_count", t.recipients().size());
        Verdict verdict = t.sender().verdict();
        view.put("sender", verdict == null ? null : shortly(verdict));
        view.put("spf", t.sender().spf() == null ? null : t.sender().spf().word());
        view.put("rule", t.sender().rule());
        view.put("reply", t.reply() == null ? null : t.reply().toString());
        view.put("mta_reply", t.mtaReply() == null ? null : t.mtaReply().toString());
        view.put("message_id", t.messageId());
        view.put("would_have", t.wouldHave());
        view.put("size", t.size());
        view.put("milliseconds", t.took().toMillis());
        view.put("notes", t.notes().stream().map(Views::word).sorted().toList());
        return view;
    }

    private static Map<String, @Nullable Object> client(TransactionRecord.Client client) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("address", client.address().getHostAddress());
        view.put("iprev", client.name() == null ? null : word(client.name().result()));
        view.put("helo", client.helo());
        view.put("tls", client.tls());
        return view;
    }

    private static Map<String, @Nullable Object> recipient(TransactionRecord.Recipient recipient) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("address", recipient.path());
        view.put("reply", recipient.reply().toString());
        view.put("rule", recipient.rule());
        return view;
    }

    /** Without its evidence, which is looked up where somebody wants it. */
    static Map<String, @Nullable Object> shortly(Verdict verdict) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("kind", verdict.kind().word());
        view.put("reason", verdict.reason().word());
        view.put("source", verdict.source().word());
        return view;
    }

    static Map<String, @Nullable Object> key(KeyState state) {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("table", state.table());
        view.put("key", state.key());
        view.put("state", state.state());
        view.put("in_use", state.inUse());
        view.put("available", state.available());
        view.put("remaining_milliseconds", state.remaining().toMillis());
        return view;
    }

    static List<Map<String, @Nullable Object>> keys(List<KeyState> states) {
        return states.stream().map(Views::key).toList();
    }

    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
