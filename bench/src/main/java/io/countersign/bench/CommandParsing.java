package io.countersign.bench;

import io.countersign.smtp.syntax.CommandParser;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One command line, already framed, to a value.
 *
 * <p>Beside it what is written in an afternoon: the line as a String, then a regular expression or {@code split}. Both ask less:
 * neither knows the grammar of an address, quoted local parts, the other parameters or the bounds of RFC 5321; what they
 * make is not safe to print into another command.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CommandParsing {
    private static final byte[] MAIL =
            line("MAIL FROM:<alice.liddell@wonderland.example.org> SIZE=48211 BODY=8BITMIME");
    private static final byte[] RCPT = line("RCPT TO:<white.rabbit@example.com>");
    private static final byte[] EHLO = line("EHLO mx4.wonderland.example.org");
    private static final byte[] DATA = line("DATA");
    private static final Pattern MAIL_PATTERN =
            Pattern.compile("MAIL FROM:\\s*<(?:([^@>]+)@([^>]+))?>((?: [^ ]+)*)\\s*", Pattern.CASE_INSENSITIVE);

    /** What the alternatives make of a MAIL. */
    public record Simple(String localPart, String domain, long size) {}

    private static byte[] line(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Benchmark
    public CommandParser.Parsed mail() {
        return CommandParser.parse(MAIL, 0, MAIL.length);
    }

    @Benchmark
    public CommandParser.Parsed rcpt() {
        return CommandParser.parse(RCPT, 0, RCPT.length);
    }

    @Benchmark
    public CommandParser.Parsed ehlo() {
        return CommandParser.parse(EHLO, 0, EHLO.length);
    }

    @Benchmark
    public CommandParser.Parsed data() {
        return CommandParser.parse(DATA, 0, DATA.length);
    }

    @Benchmark
    public Simple mailByRegex() {
        Matcher matcher = MAIL_PATTERN.matcher(new String(MAIL, StandardCharsets.US_ASCII));
        if (!matcher.matches()) {
            throw new IllegalStateException("a good line");
        }
        return new Simple(
                matcher.group(1), matcher.group(2), size(matcher.group(3).split(" ")));
    }

    @Benchmark
    public Simple mailBySplit() {
        String[] words = new String(MAIL, StandardCharsets.US_ASCII).split(" ");
        String path = words[1];
        if (!words[0].equalsIgnoreCase("MAIL") || !path.regionMatches(true, 0, "FROM:<", 0, 6) || !path.endsWith(">")) {
            throw new IllegalStateException("a good line");
        }
        String[] address = path.substring(6, path.length() - 1).split("@");
        return new Simple(address[0], address[1], size(words));
    }

    private static long size(String[] words) {
        for (String word : words) {
            if (word.startsWith("SIZE=")) {
                return Long.parseLong(word.substring(5));
            }
        }
        return -1;
    }
}
