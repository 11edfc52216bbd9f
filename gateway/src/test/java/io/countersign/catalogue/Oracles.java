package io.countersign.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.countersign.GatewayStage;
import io.countersign.lab.LabSession;
import io.countersign.lab.MtaMessage;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What must hold after each case, whatever it was about (catalogue, section 0). Made before the case, asked after it, when its
 * clients have left.
 *
 * <p>O1, O2: the MTA saw as many ends as messages were complete, and accepted as many as clients were told. O3: replies in step
 * ({@link World#play} ends with NOOP and QUIT). O4: canonical content, our two fields in front. O6: sessions back to none, no
 * connection of the MTA in a transaction, no fault in the log. O8, O9: {@link #reply}.
 */
public final class Oracles {
    private static final Pattern REFUSAL_WITH_ID = Pattern.compile(".* \\(id [0-9A-Z]{13}\\)");
    private static final String FIELDS =
            "Authentication-Results: mx1\\.example\\.org;[^\r\n]*(\r\n\t[^\r\n]*)*\r\nReceived: from [^\r\n]*(\r\n\t[^\r\n]*)*\r\n";
    /** Our two fields, and nothing that continues them. */
    private static final Pattern BEGINS_WITH_OURS = Pattern.compile("(?s)" + FIELDS + "([^\t ].*)?");
    /** Our two fields and, before content that begins with a blank, an empty line. */
    static final Pattern OURS = Pattern.compile(FIELDS + "(\r\n)?");

    private final GatewayStage stage;
    private final LogWatch log;
    private final long messages;
    private final long ended;
    private final int sessionsSeen;

    Oracles(GatewayStage stage, LogWatch log) {
        this.stage = stage;
        this.log = log;
        this.messages = stage.mta.tallies().messages().count();
        this.ended = stage.mta.tallies().ended().count();
        this.sessionsSeen = stage.mta.sessions().size();
    }

    /**
     * Asserts all of it.
     *
     * @param accepted messages that clients were told were accepted, or whose answer was lost on the way to them
     * @param refused messages that were complete and that the MTA refused after their end, or never answered
     */
    public void check(String what, int accepted, int refused) {
        check(what, accepted, refused, line -> false);
    }

    /** The same where the log rightly has some errors: those {@code expected} says. */
    public void check(String what, int accepted, int refused, Predicate<String> expected) {
        await("O6: sessions are over after " + what)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .atMost(Duration.ofSeconds(10))
                .until(() ->
                        stage.meters.get("countersign.sessions.open").gauge().value() == 0);
        assertThat(stage.mta.tallies().messages().count() - messages)
                .as("O2: messages the MTA accepted, after %s", what)
                .isEqualTo(accepted);
        assertThat(stage.mta.tallies().ended().count() - ended)
                .as("O1: ends the MTA saw, after %s", what)
                .isEqualTo((long) accepted + refused);
        newest(accepted).forEach(message -> canonical(message, what));
        List<LabSession> sessions = stage.mta.sessions();
        for (LabSession session : sessions.subList(Math.min(sessionsSeen, sessions.size()), sessions.size())) {
            assertThat(session.violations())
                    .as("O4: the MTA found us in order, after %s: %s", what, session)
                    .isEmpty();
        }
        assertThat(log.take().stream().filter(expected.negate()))
                .as("O6: no fault in the log after %s", what)
                .isEmpty();
    }

    /** The messages this case brought, oldest first. */
    public List<MtaMessage> newest(int number) {
        List<MtaMessage> all = stage.mta.messages();
        return all.subList(all.size() - number, all.size());
    }

    private static void canonical(MtaMessage message, String what) {
        assertThat(message.content().faults())
                .as("O4: line ends, after %s", what)
                .isEmpty();
        assertThat(BEGINS_WITH_OURS.matcher(message.content().text()).matches())
                .as("O4: our two fields in front, after %s: %s", what, message.content())
                .isTrue();
    }

    /** O8 and O9: a reply as lines without their ends. */
    public static void reply(List<String> lines) {
        for (String line : lines) {
            assertThat(line.chars().allMatch(c -> (c >= ' ' && c <= '~') || (c >= 0xa0 && c != 0x2028 && c != 0x2029)))
                    .as("O8: printable, and CRLF at its end: %s", line)
                    .isTrue();
            assertThat(line.length()).as("O8: no longer than 510: %s", line).isLessThanOrEqualTo(510);
        }
        String last = lines.get(lines.size() - 1);
        if (last.charAt(0) == '4' || last.charAt(0) == '5') {
            assertThat(REFUSAL_WITH_ID.matcher(last).matches())
                    .as("O9: a refusal carries its id: %s", last)
                    .isTrue();
        }
    }
}
