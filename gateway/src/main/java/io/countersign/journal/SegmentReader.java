package io.countersign.journal;

import io.countersign.config.ChecksSettings.Action;
import io.countersign.dns.ClientName;
import io.countersign.journal.Folder.File;
import io.countersign.journal.JournalReader.CalloutStory;
import io.countersign.journal.TransactionRecord.Outcome;
import io.countersign.journal.Wanted.Term;
import io.countersign.journal.Wanted.What;
import io.countersign.spf.SpfResult;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Source;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One file of the journal, open for reading. One thread uses it. */
final class SegmentReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentReader.class);

    private static final String GOOD = "('accepted', 'accepts-any', 'mailbox-full')";

    private final Connection connection;
    private final long begin;

    private SegmentReader(Connection connection, long begin) {
        this.connection = connection;
        this.begin = begin;
    }

    /** Null when it is gone, damaged, or of another version: the others still have an answer. */
    static @Nullable SegmentReader open(File file) {
        if (!Files.exists(file.path())) {
            return null;
        }
        try {
            Connection connection = Sqlite.forReading(file.path());
            try (Statement s = connection.createStatement()) {
                if (Sqlite.version(s) == Sqlite.SCHEMA) {
                    return new SegmentReader(connection, file.begin());
                }
            } catch (SQLException e) {
                LOG.warn("the journal's file {} cannot be read: {}", file.path(), e.getMessage());
            }
            connection.close();
        } catch (SQLException e) {
            LOG.warn("the journal's file {} cannot be opened: {}", file.path(), e.getMessage());
        }
        return null;
    }

    /** Newest first. */
    List<Story> find(@Nullable Wanted wanted, long least, int limit) throws SQLException {
        String from = wanted == null
                ? "SELECT * FROM mail WHERE position >= ? ORDER BY position DESC LIMIT ?"
                : "SELECT * FROM mail WHERE position IN (SELECT position FROM term WHERE position >= ? AND hash IN ("
                        + "?,".repeat(wanted.terms().size() - 1)
                        + "?)) ORDER BY position DESC";
        List<Story> stories = new ArrayList<>();
        try (PreparedStatement s = connection.prepareStatement(from)) {
            s.setLong(1, least);
            int column = 2;
            if (wanted == null) {
                s.setInt(column, limit);
            } else {
                for (Term term : wanted.terms()) {
                    s.setLong(column++, Terms.hash(term.what().ordinal(), term.text()));
                }
            }
            try (ResultSet rows = s.executeQuery()) {
                while (stories.size() < limit && rows.next()) {
                    Story story = story(rows);
                    if (wanted == null || wanted.terms().stream().anyMatch(term -> has(story, term))) {
                        stories.add(story);
                    }
                }
            }
        }
        return stories;
    }

    /** A number in the index is not proof. */
    private static boolean has(Story story, Term term) {
        String text = term.text();
        return switch (term.what()) {
            case ID -> story.id().equals(text);
            case CLIENT -> story.client().address().equals(text);
            case QUEUE_ID -> text.equals(story.queueId());
            case MESSAGE_ID ->
                story.messageId() != null && Terms.messageId(story.messageId()).equals(text);
            case ADDRESS ->
                isAddress(story.from(), text) || story.recipients().stream().anyMatch(r -> isAddress(r.path(), text));
            case DOMAIN ->
                isInDomain(story.from(), text)
                        || story.recipients().stream().anyMatch(r -> isInDomain(r.path(), text))
                        || story.client().name() != null
                                && Terms.domain(story.client().name()).equals(text);
        };
    }

    private static boolean isAddress(String path, String address) {
        return path.length() > 2
                && Terms.address(path.substring(1, path.length() - 1)).equals(address);
    }

    private static boolean isInDomain(String path, String domain) {
        int at = path.lastIndexOf('@');
        return at >= 0
                && Terms.domain(path.substring(at + 1, path.length() - 1)).equals(domain);
    }

    private static Story story(ResultSet r) throws SQLException {
        String outcome = r.getString("outcome");
        return new Story(
                r.getLong("position"),
                r.getString("id"),
                r.getString("session"),
                Instant.ofEpochMilli(r.getLong("at")),
                Folder.time(r.getLong("position")),
                new Story.Client(
                        r.getString("client"),
                        Words.constant(ClientName.Result.class, r.getString("name_result")),
                        r.getString("name"),
                        r.getString("name_detail"),
                        r.getString("helo"),
                        r.getString("tls")),
                r.getString("sender"),
                Words.recipients(r.getString("recipients")),
                new Story.Sender(
                        verdict(r, List.of()),
                        Words.constant(SpfResult.class, r.getString("spf")),
                        Words.constant(Action.class, r.getString("action")),
                        r.getString("rule")),
                r.getString("reply"),
                r.getString("mta_reply"),
                r.getString("queue_id"),
                r.getString("message_id"),
                r.getLong("size"),
                Duration.ofNanos(1000 * r.getLong("took")),
                Words.timings(r.getString("timings")),
                orElse(Words.constant(Outcome.class, outcome), Outcome.ABANDONED),
                Words.notes(r.getString("notes")),
                Words.lines(r.getString("would_have")),
                List.of());
    }

    private static <T> T orElse(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }

    private static @Nullable Verdict verdict(ResultSet r, List<String> dialogue) throws SQLException {
        String word = r.getString("reason");
        Reason reason = word == null ? null : Words.constant(Reason.class, word);
        if (reason == null) {
            return null;
        }
        return new Verdict(
                reason,
                Words.constant(Stage.class, r.getString("stage")),
                orElse(Words.constant(Source.class, r.getString("source")), Source.RULE),
                Duration.ofMillis(r.getLong("age")),
                Instant.ofEpochMilli(r.getLong("verdict_at")),
                new Evidence(
                        r.getString("exchanger"),
                        r.getString("exchanger_address"),
                        r.getString("peer_reply"),
                        orElse(r.getString("detail"), ""),
                        dialogue));
    }

    /** What came after the record with that id, in this file. */
    List<Story.Late> late(String id) throws SQLException {
        List<Story.Late> late = new ArrayList<>();
        try (PreparedStatement s = connection.prepareStatement(
                "SELECT * FROM late WHERE position IN (SELECT position FROM term WHERE hash = ?) AND id = ? ORDER BY position")) {
            s.setLong(1, Terms.hash(Terms.LATE, id));
            s.setString(2, id);
            try (ResultSet rows = s.executeQuery()) {
                while (rows.next()) {
                    late.add(late(rows));
                }
            }
        }
        return late;
    }

    private static Story.Late late(ResultSet r) throws SQLException {
        return new Story.Late(
                Instant.ofEpochMilli(r.getLong("at")),
                verdict(r, List.of()),
                orElse(Words.constant(Action.class, r.getString("action")), Action.ACCEPT),
                r.getString("rule"));
    }

    /** The first of this file: their records may stand in the file before it. */
    Map<String, List<Story.Late>> lateOfOtherFiles() throws SQLException {
        Map<String, List<Story.Late>> found = new HashMap<>();
        try (PreparedStatement s =
                connection.prepareStatement("SELECT * FROM late WHERE position < ? ORDER BY position LIMIT 1000")) {
            s.setLong(1, begin + TimeUnit.MINUTES.toMicros(10));
            try (ResultSet rows = s.executeQuery()) {
                while (rows.next()) {
                    found.computeIfAbsent(rows.getString("id"), id -> new ArrayList<>())
                            .add(late(rows));
                }
            }
        }
        return found;
    }

    Story with(Story s, List<Story.Late> late) {
        return new Story(
                s.position(),
                s.id(),
                s.sessionId(),
                s.at(),
                s.written(),
                s.client(),
                s.from(),
                s.recipients(),
                s.sender(),
                s.reply(),
                s.mtaReply(),
                s.queueId(),
                s.messageId(),
                s.size(),
                s.took(),
                s.timings(),
                s.outcome(),
                s.notes(),
                s.wouldHave(),
                late);
    }

    /** Those that the story's verdicts came from, by the moment they were reached, and those that ended while it went on. */
    void callouts(Story story, List<Verdict> verdicts, long least, long most, List<CalloutStory> found)
            throws SQLException {
        int at = story.from().lastIndexOf('@');
        if (at < 0) {
            return;
        }
        String address = story.from().substring(1, story.from().length() - 1);
        String domain = story.from().substring(at + 1, story.from().length() - 1);
        try (PreparedStatement s = connection.prepareStatement(
                "SELECT * FROM callout WHERE position IN (SELECT position FROM term WHERE hash = ?"
                        + " AND position BETWEEN ? AND ?) ORDER BY position DESC LIMIT 1000")) {
            s.setLong(1, Terms.hash(Terms.CALLOUT_DOMAIN, Terms.domain(domain)));
            s.setLong(2, least);
            s.setLong(3, most);
            try (ResultSet rows = s.executeQuery()) {
                while (rows.next()) {
                    Verdict verdict = verdict(rows, Words.lines(rows.getString("dialogue")));
                    String asked = rows.getString("address");
                    if (verdict != null
                            && (isBehind(verdict, verdicts)
                                    || asked.equalsIgnoreCase(address) && isDuring(verdict, story))) {
                        found.add(new CalloutStory(rows.getLong("position"), asked, verdict));
                    }
                }
            }
        }
    }

    private static boolean isBehind(Verdict callout, List<Verdict> verdicts) {
        return verdicts.stream().anyMatch(v -> v.at().equals(callout.at()) && v.reason() == callout.reason());
    }

    private static boolean isDuring(Verdict callout, Story story) {
        return !callout.at().isBefore(story.at())
                && callout.at().isBefore(story.at().plus(story.took()).plus(Duration.ofMinutes(2)));
    }

    /** What enforcing would have refused: by records, and by what came late. */
    void refusals(long least, int most, List<SqliteReader.Refusal> into) throws SQLException {
        try (PreparedStatement s = connection.prepareStatement(
                "SELECT position, id, sender, would_have AS rules FROM mail WHERE would_have IS NOT NULL AND position >= ?"
                        + " UNION ALL SELECT position, id, sender, rule FROM late WHERE action IN ('defer', 'reject') AND position >= ?"
                        + " LIMIT ?")) {
            s.setLong(1, least);
            s.setLong(2, least);
            s.setInt(3, most);
            try (ResultSet rows = s.executeQuery()) {
                while (rows.next()) {
                    String path = rows.getString("sender");
                    int at = path.lastIndexOf('@');
                    String address = path.length() < 3 ? "" : Terms.address(path.substring(1, path.length() - 1));
                    String domain = at < 0 ? "" : Terms.domain(path.substring(at + 1, path.length() - 1));
                    for (String rule : Words.lines(rows.getString("rules"))) {
                        into.add(new SqliteReader.Refusal(
                                rule, domain, address, rows.getLong("position"), rows.getString("id")));
                    }
                }
            }
        }
    }

    /** Whether the address was found deliverable at or after that position. */
    boolean provedGood(String address, long position) throws SQLException {
        return !address.isEmpty()
                && (isGood("mail", Terms.hash(What.ADDRESS.ordinal(), address), position, "<" + address + ">", "sender")
                        || isGood("callout", Terms.hash(Terms.CALLOUT, address), position, address, "address"));
    }

    private boolean isGood(String table, long hash, long position, String text, String column) throws SQLException {
        // Words of ours only: nothing of a stranger is part of a statement.
        try (PreparedStatement s = connection.prepareStatement("SELECT 1 FROM " + table
                + " WHERE position IN (SELECT position FROM term WHERE hash = ? AND position >= ?) AND reason IN "
                + GOOD
                + " AND lower(" + column + ") = ? LIMIT 1")) {
            s.setLong(1, hash);
            s.setLong(2, position);
            s.setString(3, text);
            try (ResultSet rows = s.executeQuery()) {
                return rows.next();
            }
        }
    }

    long count() throws SQLException {
        return number("SELECT count(*) FROM mail");
    }

    @Nullable
    Long firstPosition() throws SQLException {
        long first = number("SELECT coalesce(min(position), -1) FROM mail");
        return first < 0 ? null : first;
    }

    private long number(String query) throws SQLException {
        try (Statement s = connection.createStatement();
                ResultSet rows = s.executeQuery(query)) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
