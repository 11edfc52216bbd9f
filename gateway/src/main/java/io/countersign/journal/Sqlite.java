package io.countersign.journal;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** How the journal's files are opened, and what is in them. */
final class Sqlite {
    /** Raised when the tables change; a file with another number is left alone. */
    static final int SCHEMA = 1;

    /**
     * The tables. {@code term} is the only index by content: numbers of terms ({@link Terms#hash}) to positions, so small that it
     * stays in memory while a file is written. Words are written out, so that the file can be read with SQLite's own tool too.
     */
    private static final String[] TABLES = {
        """
        CREATE TABLE mail (position INTEGER PRIMARY KEY, id TEXT NOT NULL, session TEXT NOT NULL, at INTEGER NOT NULL,
          client TEXT NOT NULL, name_result TEXT, name TEXT, name_detail TEXT, helo TEXT NOT NULL, tls TEXT,
          sender TEXT NOT NULL, recipients TEXT NOT NULL,
          reason TEXT, stage TEXT, source TEXT, age INTEGER, verdict_at INTEGER, exchanger TEXT, exchanger_address TEXT,
          peer_reply TEXT, detail TEXT, spf TEXT, action TEXT, rule TEXT,
          reply TEXT, mta_reply TEXT, queue_id TEXT, message_id TEXT, size INTEGER NOT NULL, took INTEGER NOT NULL,
          timings TEXT NOT NULL, outcome TEXT NOT NULL, notes TEXT NOT NULL, would_have TEXT)""",
        """
        CREATE TABLE late (position INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, sender TEXT NOT NULL,
          reason TEXT, stage TEXT, source TEXT, age INTEGER, verdict_at INTEGER, exchanger TEXT, exchanger_address TEXT,
          peer_reply TEXT, detail TEXT, action TEXT NOT NULL, rule TEXT NOT NULL)""",
        """
        CREATE TABLE callout (position INTEGER PRIMARY KEY, address TEXT NOT NULL,
          reason TEXT, stage TEXT, source TEXT, age INTEGER, verdict_at INTEGER, exchanger TEXT, exchanger_address TEXT,
          peer_reply TEXT, detail TEXT, dialogue TEXT NOT NULL)""",
        "CREATE TABLE term (hash INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (hash, position)) WITHOUT ROWID",
        "CREATE INDEX mail_would_have ON mail (position) WHERE would_have IS NOT NULL",
        "PRAGMA user_version = " + SCHEMA
    };

    private Sqlite() {}

    /** Null when another version wrote it. */
    static @Nullable Connection forWriting(Path file) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(2000);
        Connection connection = config.createConnection("jdbc:sqlite:" + file);
        try (Statement s = connection.createStatement()) {
            // Before the first page: what is written is whole pages, and one term is a small part of one.
            s.execute("PRAGMA page_size = 2048");
            s.execute("PRAGMA journal_mode = WAL");
            s.execute("PRAGMA synchronous = NORMAL"); // a crash of ours loses nothing, one of the machine the last
            // moments
            s.execute("PRAGMA cache_size = -65536");
            s.execute("PRAGMA wal_autocheckpoint = 8000");
            if (version(s) == 0) {
                s.execute("BEGIN IMMEDIATE");
                for (String table : TABLES) {
                    s.execute(table);
                }
                s.execute("COMMIT");
            } else if (version(s) != SCHEMA) {
                connection.close();
                return null;
            } else if (!isSound(s)) {
                throw new SQLException("damaged", "", SQLiteErrorCode.SQLITE_CORRUPT.code);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** The writer may be busy in it, in this process or another. */
    static Connection forReading(Path file) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        config.setBusyTimeout(2000);
        config.setCacheSize(-8192);
        return config.createConnection("jdbc:sqlite:" + file);
    }

    static int version(Statement s) throws SQLException {
        try (var rows = s.executeQuery("PRAGMA user_version")) {
            return rows.next() ? rows.getInt(1) : 0;
        }
    }

    private static boolean isSound(Statement s) throws SQLException {
        try (var rows = s.executeQuery("PRAGMA quick_check(1)")) {
            return rows.next() && "ok".equals(rows.getString(1));
        }
    }

    /** Whether the file itself is to blame: it will not get better by trying again. */
    static boolean isDamage(SQLException e) {
        return switch (code(e)) {
            case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR -> true;
            default -> false;
        };
    }

    /** Whether what was to be written is to blame. */
    static boolean isAboutTheRow(SQLException e) {
        return switch (code(e)) {
            case SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_RANGE -> true;
            default -> false;
        };
    }

    /** Without SQLite's extensions of it. */
    private static SQLiteErrorCode code(SQLException e) {
        int code = e instanceof SQLiteException lite ? lite.getResultCode().code : e.getErrorCode();
        return SQLiteErrorCode.getErrorCode(code & 0xff);
    }
}
