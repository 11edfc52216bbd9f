package io.countersign.walk;

import io.countersign.lab.Act;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabStage;
import io.countersign.lab.LineRule;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import java.time.Duration;
import java.util.Random;

/** Faults of the MTA: mostly none, now and then one for the length of a step. */
final class Weather {
    static final String UNKNOWN = "nobody@example.org";

    private static final LabStage[] IN_TALK = {
        LabStage.MAIL,
        LabStage.RCPT,
        LabStage.RCPT,
        LabStage.DATA,
        LabStage.BDAT,
        LabStage.END_OF_DATA,
        LabStage.RSET,
        LabStage.NOOP
    };
    private static final LabStage[] AT_START = {LabStage.CONNECT, LabStage.GREETING, LabStage.EHLO, LabStage.XCLIENT};

    private final Random random;
    private final MtaBehaviour fair;
    private boolean foul;
    private boolean down;

    Weather(Random random) {
        this.random = random;
        this.fair = MtaBehaviour.proper()
                .lines(random.nextBoolean() ? LineRule.STRICT : LineRule.LAX)
                .mailboxes(Mailboxes.any().but(UNKNOWN, Mailboxes.UNKNOWN))
                .recording(io.countersign.lab.Content.Recording.BODIES);
    }

    MtaBehaviour fair() {
        return fair;
    }

    /** A fault stands now. */
    boolean foul() {
        return foul;
    }

    /** A fault stood where connections begin, and none has served since: it may count as down. */
    boolean down() {
        return down;
    }

    void served() {
        down = down && foul;
    }

    void change(LabMta mta) {
        if (random.nextInt(25) != 0) {
            if (foul) {
                mta.behaviour(fair);
            }
            foul = false;
            return;
        }
        foul = true;
        if (random.nextInt(8) == 0) {
            mta.behaviour(fair);
            mta.dropConnections();
        } else if (random.nextInt(6) == 0) {
            mta.behaviour(fair.duringContent(
                    random.nextInt(600),
                    random.nextBoolean()
                            ? Act.close()
                            : Act.reply("552 5.3.4 enough").then(Act.close())));
        } else if (random.nextInt(12) == 0) {
            down = true;
            mta.behaviour(fair.at(AT_START[random.nextInt(AT_START.length)], act()));
        } else {
            mta.behaviour(fair.at(IN_TALK[random.nextInt(IN_TALK.length)], act()));
        }
    }

    private Act act() {
        return switch (random.nextInt(8)) {
            case 0 -> Act.close();
            case 1 -> Act.reset();
            case 2 -> Act.reply("421 4.3.2 going down").then(Act.close());
            case 3 -> Act.reply("550-5.7.1 not", "550 5.7.1 so");
            case 4 -> Act.reply("554 5.3.0 no").after(Duration.ofMillis(3));
            case 5 -> Act.slowly("451 4.3.0 later\r\n", Duration.ofMillis(1));
            case 6 -> Act.garbage();
            default -> Act.reply("451 4.3.0 later");
        };
    }
}
