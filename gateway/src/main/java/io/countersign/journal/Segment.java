package io.countersign.journal;

import io.countersign.journal.Folder.File;
import io.countersign.journal.Wanted.What;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.ReversePath;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Verdict;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One file of the journal, open for writing. Belongs to the writer's thread. */
final class Segment implements AutoCloseable {
    private static final int TERMS_A_STATEMENT = 16;

    private final File file;
    private final Connection connection;
    private final Statement plain;
    private final PreparedStatement mail;
    private final PreparedStatement late;
    private final PreparedStatement callout;
    private final PreparedStatement oneTerm;
    private final PreparedStatement manyTerms;
    /** Pairs of number and position of the batch in hand. */
    private long[] terms = new long[4096];

    private int pairs;

    private Segment(File file, Connection connection) throws SQLException {
        this.file = file;
        this.connection = connection;
        this.plain = connection.createStatement();
        this.mail = connection.prepareStatement("INSERT INTO mail VALUES (" + "?,".repeat(33) + "?)");
        this.late = connection.prepareStatement("INSERT INTO late VALUES (" + "?,".repeat(14) + "?)");
        this.callout = connection.prepareStatement("INSERT INTO callout VALUES (" + "?,".repeat(11) + "?)");
        String term = "INSERT OR IGNORE INTO term VALUES (?,?)";
        this.oneTerm = connection.prepareStatement(term);
        this.manyTerms = connection.prepareStatement(term + ",(?,?)".repeat(TERMS_A_STATEMENT - 1));
    }

    /** Makes it when it is not there; null when another version of Countersign wrote it. */
    static @Nullable Segment open(File file) throws SQLException {
        Connection connection = Sqlite.forWriting(file.path());
        if (connection == null) {
            return null;
        }
        try {
            return new Segment(file, connection);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    File file() {
        return file;
    }

    /** The position of the last record; that of the beginning when there is none. */
    long lastPosition() throws SQLException {
        try (ResultSet rows = plain.executeQuery(
                "SELECT max(p) FROM (SELECT max(position) p FROM mail UNION ALL SELECT max(position) FROM late"
                        + " UNION ALL SELECT max(position) FROM callout)")) {
            return rows.next() ? Math.max(rows.getLong(1), file.begin()) : file.begin();
        }
    }

    /** All or nothing. @param first the first entry's position; the others follow one by one */
    void write(List<Entry> entries, long first) throws SQLException {
        plain.execute("BEGIN IMMEDIATE");
        try {
            pairs = 0;
            long position = first;
            for (Entry entry : entries) {
                if (entry instanceof TransactionRecord t) {
                    mail(t, position);
                } else if (entry instanceof LateJudgement l) {
                    late(l, position);
                } else if (entry instanceof Entry.CalloutEnded c) {
                    callout(c, position);
                }
                position++;
            }
            writeTerms();
            plain.execute("COMMIT");
        } catch (SQLException | RuntimeException e) {
            rollBack(e);
            throw e;
        }
    }

    private void rollBack(Exception cause) {
        try {
            plain.execute("ROLLBACK");
        } catch (SQLException also) {
            cause.addSuppressed(also); // SQLite rolls back by itself when the disk is full
        }
    }

    private void mail(TransactionRecord t, long position) throws SQLException {
        TransactionRecord.Client client = t.client();
        String ip = Terms.client(client.address());
        String reply = t.reply() == null ? null : Clean.text(t.reply().toString());
        String mtaReply = t.mtaReply() == null ? null : Clean.text(t.mtaReply().toString());
        String queueId =
                mtaReply != null && t.mtaReply() != null && t.mtaReply().isPositive()
                        ? QueueIds.in(mtaReply).orElse(null)
                        : null;
        Row row = new Row(mail)
                .number(position)
                .text(t.id())
                .text(t.sessionId())
                .number(t.at().toEpochMilli())
                .text(ip)
                .text(client.name() == null ? null : Words.of(client.name().result()))
                .text(client.name() == null ? null : Clean.maybe(client.name().name()))
                .text(client.name() == null ? null : Clean.text(client.name().detail()))
                .text(Clean.text(client.helo()))
                .text(Clean.maybe(client.tls()))
                .text(t.from() == null ? "" : Clean.text(t.from().toString()))
                .text(Words.recipients(t.recipients()));
        verdict(row, t.sender().verdict())
                .text(t.sender().spf() == null ? null : t.sender().spf().word())
                .text(t.sender().action() == null ? null : Words.of(t.sender().action()))
                .text(Clean.maybe(t.sender().rule()))
                .text(reply)
                .text(mtaReply)
                .text(queueId)
                .text(Clean.maybe(t.messageId()))
                .number(t.size())
                .number(t.took().toNanos() / 1000)
                .text(Words.timings(t.timings()))
                .text(Words.of(t.outcome()))
                .text(Words.notes(t.notes()))
                .text(t.wouldHave().isEmpty() ? null : Words.lines(t.wouldHave()))
                .write();
        term(What.ID.ordinal(), t.id(), position);
        term(What.CLIENT.ordinal(), ip, position);
        if (client.name() != null && client.name().name() != null) {
            term(What.DOMAIN.ordinal(), Terms.domain(client.name().name()), position);
        }
        address(t.from(), position);
        for (TransactionRecord.Recipient r : t.recipients()) {
            address(r.path(), position);
        }
        if (t.messageId() != null) {
            term(What.MESSAGE_ID.ordinal(), Terms.messageId(Clean.text(t.messageId())), position);
        }
        if (queueId != null) {
            term(What.QUEUE_ID.ordinal(), queueId, position);
        }
    }

    private void late(LateJudgement l, long position) throws SQLException {
        Row row = new Row(late)
                .number(position)
                .text(l.transactionId())
                .number(l.at().toEpochMilli())
                .text(Clean.text(l.from().toString()));
        verdict(row, l.verdict())
                .text(Words.of(l.action()))
                .text(Clean.text(l.rule()))
                .write();
        term(Terms.LATE, l.transactionId(), position);
    }

    private void callout(Entry.CalloutEnded c, long position) throws SQLException {
        Row row = new Row(callout).number(position).text(Clean.text(c.address().text()));
        verdict(row, c.verdict())
                .text(Words.lines(c.verdict().evidence().dialogue()))
                .write();
        term(Terms.CALLOUT, Terms.address(c.address().text()), position);
        term(Terms.CALLOUT_DOMAIN, c.address().domain().key(), position);
    }

    /** Nine columns. */
    private static Row verdict(Row row, @Nullable Verdict v) throws SQLException {
        if (v == null) {
            for (int i = 0; i < 9; i++) {
                row.text(null);
            }
            return row;
        }
        Evidence evidence = v.evidence();
        return row.text(v.reason().word())
                .text(v.stage() == null ? null : v.stage().word())
                .text(v.source().word())
                .number(v.age().toMillis())
                .number(v.at().toEpochMilli())
                .text(Clean.maybe(evidence.exchanger()))
                .text(Clean.maybe(evidence.address()))
                .text(Clean.maybe(evidence.reply()))
                .text(Clean.text(evidence.detail()));
    }

    private void address(@Nullable ReversePath path, long position) {
        MailAddress mailbox = path == null ? null : path.mailbox();
        if (mailbox != null) {
            term(What.ADDRESS.ordinal(), Terms.address(mailbox.text()), position);
            term(What.DOMAIN.ordinal(), Terms.domain(mailbox.domain().text()), position);
        }
    }

    private void address(String path, long position) {
        String bare = path.substring(1, path.length() - 1);
        term(What.ADDRESS.ordinal(), Terms.address(bare), position);
        int at = bare.lastIndexOf('@');
        if (at >= 0) {
            term(What.DOMAIN.ordinal(), Terms.domain(bare.substring(at + 1)), position);
        }
    }

    private void term(int kind, String text, long position) {
        if (2 * pairs == terms.length) {
            terms = Arrays.copyOf(terms, 2 * terms.length);
        }
        terms[2 * pairs] = Terms.hash(kind, text);
        terms[2 * pairs + 1] = position;
        pairs++;
    }

    /** In the order of the index, so that each of its pages is sought once. */
    private void writeTerms() throws SQLException {
        sortTerms();
        int i = 0;
        for (; i + TERMS_A_STATEMENT <= pairs; i += TERMS_A_STATEMENT) {
            for (int k = 0; k < 2 * TERMS_A_STATEMENT; k++) {
                manyTerms.setLong(k + 1, terms[2 * i + k]);
            }
            manyTerms.executeUpdate();
        }
        for (; i < pairs; i++) {
            oneTerm.setLong(1, terms[2 * i]);
            oneTerm.setLong(2, terms[2 * i + 1]);
            oneTerm.executeUpdate();
        }
    }

    private void sortTerms() {
        Pair[] sorted = new Pair[pairs];
        for (int i = 0; i < pairs; i++) {
            sorted[i] = new Pair(terms[2 * i], terms[2 * i + 1]);
        }
        Arrays.sort(sorted);
        for (int i = 0; i < pairs; i++) {
            terms[2 * i] = sorted[i].hash();
            terms[2 * i + 1] = sorted[i].position();
        }
    }

    private record Pair(long hash, long position) implements Comparable<Pair> {
        @Override
        public int compareTo(Pair other) {
            int byHash = Long.compare(hash, other.hash);
            return byHash != 0 ? byHash : Long.compare(position, other.position);
        }
    }

    /** Leaves a file that can be read without its companions; where a reader is in it they stay for now. */
    void finish() throws SQLException {
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        plain.execute("PRAGMA journal_mode = DELETE");
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    /** Fills a statement from left to right. */
    private static final class Row {
        private final PreparedStatement statement;
        private int column;

        Row(PreparedStatement statement) {
            this.statement = statement;
        }

        Row text(@Nullable String value) throws SQLException {
            statement.setString(++column, value);
            return this;
        }

        Row number(long value) throws SQLException {
            statement.setLong(++column, value);
            return this;
        }

        void write() throws SQLException {
            statement.executeUpdate();
        }
    }
}
