package io.countersign.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.catalogue.Oracles;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabReply;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One client and the model of its dialogue: what may be answered to each command in the state it is in (RFC 5321). While the MTA
 * has a fault, what depends on it may fail; never may it succeed wrongly.
 */
final class WalkClient {
    /** A command; the model says what follows. */
    private enum Verb {
        EHLO,
        HELO,
        MAIL,
        RCPT,
        DATA,
        RSET,
        NOOP,
        VRFY,
        NONSENSE
    }

    private record Command(Verb verb, String line) {}

    private final String address;
    private final InetSocketAddress gateway;
    private final Random random;
    private final Books books;
    private final Weather weather;

    private @Nullable LabClient client;
    private boolean extended;
    private boolean greeted;
    private @Nullable String from;
    private final List<String> to = new ArrayList<>();
    /** A fault stood at some time since this transaction began. */
    private boolean tainted;

    WalkClient(String address, InetSocketAddress gateway, Random random, Books books, Weather weather) {
        this.address = address;
        this.gateway = gateway;
        this.random = random;
        this.books = books;
        this.weather = weather;
    }

    void taint() {
        tainted = true;
    }

    void step() {
        LabClient connected = client;
        if (connected == null) {
            connected = LabClient.from(address, gateway);
            client = connected;
            greeted = false;
            over();
            code(connected.read(), "the greeting", 220);
            return;
        }
        try {
            int kind = random.nextInt(100);
            if (kind < 2) {
                leave(connected);
            } else if (kind < 5) {
                quit(connected);
            } else if (extended && from != null && !to.isEmpty() && kind < 25) {
                chunks(connected);
            } else {
                commands(connected);
            }
        } catch (AssertionError | IllegalStateException | UncheckedIOException e) {
            throw new AssertionError(
                    e.getMessage() + "\n" + String.join("\n", tail(connected.transcript())) + "\nfrom=" + from + " to="
                            + to + " tainted=" + tainted + " down=" + weather.down(),
                    e);
        }
    }

    private static List<String> tail(List<String> lines) {
        return lines.subList(Math.max(0, lines.size() - 30), lines.size());
    }

    // ---- commands -------------------------------------------------------------------------------------------------

    /** One command, or several in one segment where that was offered. */
    private void commands(LabClient connected) {
        List<Command> said = new ArrayList<>();
        int number = greeted && extended && random.nextInt(3) == 0 ? 2 + random.nextInt(5) : 1;
        String sender = from;
        for (int i = 0; i < number; i++) {
            Command command = next(sender != null, !to.isEmpty() || i > 1, number > 1);
            said.add(command);
            if (command.verb() == Verb.MAIL) {
                sender = "";
            }
            if (command.verb() == Verb.DATA) {
                break;
            }
        }
        StringBuilder octets = new StringBuilder();
        said.forEach(command -> octets.append(command.line()).append("\r\n"));
        say(connected, octets.toString());
        for (Command command : said) {
            if (client != null) {
                heard(connected, command);
            }
        }
    }

    private Command next(boolean inTransaction, boolean hasRecipients, boolean pipelined) {
        int sane = random.nextInt(10);
        if (sane < 8) {
            if (!greeted) {
                return random.nextInt(6) == 0 ? helo(Verb.HELO) : helo(Verb.EHLO);
            }
            if (!inTransaction) {
                return mail();
            }
            return hasRecipients && random.nextBoolean() ? new Command(Verb.DATA, "DATA") : rcpt();
        }
        return switch (random.nextInt(9)) {
            case 0 -> pipelined ? new Command(Verb.NOOP, "NOOP x") : helo(Verb.EHLO);
            case 1 -> pipelined ? new Command(Verb.RSET, "rset") : helo(Verb.HELO);
            case 2 -> mail();
            case 3 -> rcpt();
            case 4 -> new Command(Verb.DATA, "DATA");
            case 5 -> new Command(Verb.RSET, "RSET");
            case 6 -> new Command(Verb.VRFY, "VRFY r1@example.org");
            case 7 -> new Command(Verb.NONSENSE, "X" + random.nextInt(1000) + " nonsense");
            default -> new Command(Verb.NOOP, "NOOP");
        };
    }

    private static Command helo(Verb verb) {
        return new Command(verb, verb + " client.test");
    }

    private Command mail() {
        return new Command(
                Verb.MAIL, "MAIL FROM:<" + (random.nextInt(4) == 0 ? "" : "s" + random.nextInt(50) + "@b.test") + ">");
    }

    private Command rcpt() {
        String path = switch (random.nextInt(8)) {
            case 0 -> Weather.UNKNOWN;
            case 1 -> "x@elsewhere.test";
            default -> "r" + random.nextInt(1_000_000) + "@example.org";
        };
        return new Command(Verb.RCPT, "RCPT TO:<" + path + ">");
    }

    private static String path(String line) {
        return line.substring(line.indexOf('<') + 1, line.lastIndexOf('>'));
    }

    private void heard(LabClient connected, Command command) {
        LabReply reply = connected.read();
        String line = command.line();
        switch (command.verb()) {
            case EHLO, HELO -> {
                code(reply, line, 250);
                greeted = true;
                extended = command.verb() == Verb.EHLO;
                over();
            }
            case MAIL -> {
                if (code(reply, line, greeted && from == null ? 250 : 503) == 250) {
                    from = path(line);
                    tainted = weather.foul();
                }
            }
            case RCPT -> rcptHeard(reply, line);
            case DATA -> dataHeard(connected, reply);
            case RSET -> {
                code(reply, line, 250);
                over();
            }
            case NOOP -> code(reply, line, 250);
            case VRFY -> code(reply, line, 252);
            case NONSENSE -> code(reply, line, 500);
        }
    }

    private void rcptHeard(LabReply reply, String line) {
        String path = path(line);
        if (from == null) {
            code(reply, line, 503);
        } else if (path.endsWith("@elsewhere.test")) {
            code(reply, line, 550);
        } else if (path.equals(Weather.UNKNOWN)) {
            mtaCode(reply, line, 550);
        } else if (mtaCode(reply, line, 250) == 250) {
            to.add(path);
            weather.served();
        }
    }

    private void dataHeard(LabClient connected, LabReply reply) {
        if (from == null || to.isEmpty()) {
            assertThat(reply.code()).as("DATA without recipients: %s", reply).isIn(503, 554);
        } else if (mtaCode(reply, "DATA", 354) == 354) {
            content(connected);
        } else {
            reset(connected);
        }
    }

    /** Where the model does not say whether the transaction is over: it is now. */
    private void reset(LabClient connected) {
        say(connected, "RSET\r\n");
        heardOrClosed(connected, "RSET", 250);
        over();
    }

    // ---- content --------------------------------------------------------------------------------------------------

    private Books.Sent sent() {
        String token = books.token();
        StringBuilder body = new StringBuilder("Subject: " + token + "\r\n\r\n");
        for (int lines = random.nextInt(12); lines > 0; lines--) {
            body.append(
                            switch (random.nextInt(6)) {
                                case 0 -> ".";
                                case 1 -> "..x";
                                case 2 -> "";
                                case 3 -> "MAIL FROM:<evil@b.test>";
                                case 4 -> "y".repeat(random.nextInt(900));
                                default -> "text";
                            })
                    .append("\r\n");
        }
        return new Books.Sent(token, address, String.valueOf(from), List.copyOf(to), body.toString());
    }

    private void content(LabClient connected) {
        Books.Sent sent = sent();
        String stuffed = sent.body().replace("\r\n.", "\r\n..");
        switch (random.nextInt(20)) {
            case 0 -> {
                say(connected, stuffed.substring(0, random.nextInt(stuffed.length())));
                leave(connected);
            }
            case 1 -> {
                say(connected, stuffed + (random.nextBoolean() ? ".\r" : "."));
                leave(connected);
            }
            case 2 -> {
                String[] ends = {
                    "\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n\0.\r\n", "\r\n.\0\r\n", "\r.\r\n", "\r\n.\r\r\n"
                };
                String evil = "x" + ends[random.nextInt(ends.length)];
                say(
                        connected,
                        stuffed + evil + "MAIL FROM:<evil@b.test>\r\nRCPT TO:<r@example.org>\r\nDATA\r\nx\r\n.\r\n");
                mtaCode(connected.read(), "content with a false end", 550);
                assertThat(connected.readToEnd())
                        .as("closed behind a false end")
                        .isEmpty();
                gone(connected);
            }
            case 3 -> {
                books.unanswered(sent);
                say(connected, stuffed + ".\r\n");
                leave(connected);
            }
            default -> {
                say(connected, stuffed + ".\r\n");
                answered(connected, sent);
            }
        }
    }

    private void answered(LabClient connected, Books.Sent sent) {
        if (heardOrClosed(connected, "the end of content", 250) == 250) {
            books.accepted(sent);
        } else {
            books.refused(sent);
        }
        over();
    }

    private void chunks(LabClient connected) {
        Books.Sent sent = sent();
        String left = sent.body();
        while (left.length() > 1 && random.nextInt(3) == 0) {
            // A chunk of nothing that is not the last is refused.
            int length = 1 + random.nextInt(left.length() - 1);
            say(connected, "BDAT " + length + "\r\n" + left.substring(0, length));
            if (heardOrClosed(connected, "BDAT", 250) != 250) {
                if (client != null) {
                    reset(connected);
                }
                return;
            }
            left = left.substring(length);
            if (random.nextInt(8) == 0) {
                reset(connected);
                return;
            }
        }
        String last = "BDAT " + left.length() + " LAST\r\n" + left;
        switch (random.nextInt(12)) {
            case 0 -> {
                say(connected, last.substring(0, last.length() - 1 - random.nextInt(Math.max(1, left.length() - 1))));
                leave(connected);
            }
            case 1 -> {
                books.unanswered(sent);
                say(connected, last);
                leave(connected);
            }
            default -> {
                say(connected, last);
                answered(connected, sent);
            }
        }
    }

    // ---- octets and replies ---------------------------------------------------------------------------------------

    /** In one piece or in several. */
    private void say(LabClient connected, String latin1) {
        byte[] octets = latin1.getBytes(StandardCharsets.ISO_8859_1);
        boolean whole = random.nextBoolean();
        try {
            for (int at = 0; at < octets.length; ) {
                int end = whole
                        ? octets.length
                        : Math.min(octets.length, at + 1 + random.nextInt(1 << random.nextInt(11)));
                connected.send(Arrays.copyOfRange(octets, at, end));
                at = end;
            }
        } catch (UncheckedIOException e) {
            // Closed by the gateway while we talked: what it said before that is read next, and judged.
            assertThat(trouble()).as("closed for no reason").isTrue();
        }
    }

    private boolean trouble() {
        return tainted || weather.foul() || weather.down();
    }

    private int code(LabReply reply, String to, int expected) {
        Oracles.reply(reply.lines());
        assertThat(reply.code()).as("%s: %s", to, reply).isEqualTo(expected);
        return reply.code();
    }

    /** A reply that is the MTA's: in trouble it may also be a refusal. */
    private int mtaCode(LabReply reply, String to, int expected) {
        Oracles.reply(reply.lines());
        if (!trouble() || reply.code() / 100 < 4) {
            return code(reply, to, expected);
        }
        assertThat(reply.code()).as("%s: %s", to, reply).isBetween(400, 599);
        return reply.code();
    }

    /** The same where trouble may also have closed the connection; 0 then. */
    private int heardOrClosed(LabClient connected, String to, int expected) {
        LabReply reply;
        try {
            reply = connected.read();
        } catch (UncheckedIOException e) {
            assertThat(trouble())
                    .as("closed without an answer to %s: %s", to, e.getMessage())
                    .isTrue();
            gone(connected);
            return 0;
        }
        int code = mtaCode(reply, to, expected);
        if (code == 421) {
            assertThat(connected.readToEnd()).as("nothing behind 421").isEmpty();
            gone(connected);
        }
        return code;
    }

    private void over() {
        from = null;
        to.clear();
    }

    private void quit(LabClient connected) {
        say(connected, "QUIT\r\n");
        code(connected.read(), "QUIT", 221);
        assertThat(connected.readToEnd()).as("O3: nothing behind QUIT").isEmpty();
        gone(connected);
    }

    private void leave(LabClient connected) {
        if (random.nextBoolean()) {
            connected.reset();
        }
        gone(connected);
    }

    private void gone(LabClient connected) {
        connected.close();
        client = null;
        over();
    }

    /** To the end: in step, or there was an answer too many. */
    void end() {
        LabClient connected = client;
        if (connected != null) {
            quit(connected);
        }
    }
}
