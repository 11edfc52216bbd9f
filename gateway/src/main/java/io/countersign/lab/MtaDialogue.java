package io.countersign.lab;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.Content.Transfer;

/** The commands of one connection to a {@link LabMta}, and what has been said so far. On the connection's event loop. */
final class MtaDialogue {
    /** What the next octets are. */
    enum Expects {
        COMMAND,
        CONTENT,
        CHUNK
    }

    private final LabMta mta;
    private final LabSession session;
    private final Performer performer;
    private final Runnable goOn;
    private final MtaState state;
    private Expects expects = Expects.COMMAND;
    private boolean busy;
    private boolean greeted;
    private boolean quitting;
    private long chunkLeft;
    private boolean chunkIsLast;
    private boolean chunkRefused;
    private boolean endedByCr;
    private boolean tlsBegins;

    MtaDialogue(LabMta mta, LabSession session, Performer performer, Identity identity, Runnable goOn) {
        this.mta = mta;
        this.session = session;
        this.performer = performer;
        this.state = new MtaState(identity);
        this.goOn = goOn;
    }

    LabSession session() {
        return session;
    }

    Performer performer() {
        return performer;
    }

    /** Whether a reply is due: nothing may be read until it is out. */
    boolean busy() {
        return busy;
    }

    Expects expects() {
        return expects;
    }

    boolean lastContentEndedByCr() {
        return endedByCr;
    }

    void proxied(Identity client) {
        state.identity = client.address().isEmpty() ? state.identity : client;
    }

    void secured() {
        state.secure = true;
    }

    void greet() {
        Act greeting = scripted(LabStage.GREETING, "", Act.reply("220 " + smtp().hostname() + " ESMTP ready"));
        perform(smtp().script()
                .find(heard(LabStage.CONNECT, ""))
                .map(act -> act.then(greeting))
                .orElse(greeting));
    }

    /** Notes octets that came before their turn. */
    void octetsCame() {
        if (!greeted) {
            session.violation("talked before the greeting");
        } else if (busy && expects == Expects.CONTENT && state.transaction != null && state.transaction.size() == 0) {
            session.violation("content before 354");
        }
    }

    /** @param more octets that have come behind this line */
    void command(String line, int more) {
        if (recording()) {
            session.client(line);
        }
        LabStage stage = LabStage.of(line);
        if (more > 0 && stage != LabStage.BDAT && !smtp().offers("PIPELINING")) {
            session.violation("did not wait for the reply to: " + line);
        }
        if (more > 0 && (stage == LabStage.STARTTLS || stage == LabStage.DATA)) {
            session.violation("did not wait for the reply to: " + line);
        }
        quitting = stage == LabStage.QUIT;
        if (stage == LabStage.BDAT) {
            chunkAnnounced(line);
            return;
        }
        if (stage == LabStage.RCPT) {
            mta.tallies().recipients().up();
        }
        Act act = scripted(stage, line, MtaReplies.proper(mta.behaviour(), state, stage, line));
        if (act.accepts()) {
            taken(stage, line, act);
        }
        perform(act);
    }

    private void taken(LabStage stage, String line, Act act) {
        switch (stage) {
            case EHLO, HELO -> {
                state.helo = line.substring(Math.min(line.length(), 5)).strip();
                reset();
            }
            case STARTTLS -> {
                state.helo = "";
                tlsBegins = true;
                reset();
            }
            case XCLIENT -> {
                state.xclients++;
                state.identity = state.identity.with(Identity.attributesOf(line));
                state.helo = "";
                reset();
            }
            case MAIL -> state.transaction = new MtaTransaction(line);
            case RCPT -> {
                if (state.transaction != null) {
                    state.transaction.recipient(line);
                }
            }
            case DATA -> {
                if (act.code() == 354 && state.transaction != null) {
                    endedByCr = false;
                    state.transaction.contentBegins(mta.behaviour());
                    expects = Expects.CONTENT;
                }
            }
            case RSET -> reset();
            case CONNECT, GREETING, BDAT, END_OF_DATA, NOOP, VRFY, QUIT, OTHER -> {
                // Changes nothing.
            }
        }
    }

    // ---- content --------------------------------------------------------------------------------------------------

    /** Takes content of DATA and says how far. */
    int content(byte[] in, int from, int to) {
        MtaTransaction current = transaction();
        int next = current.reader().read(in, from, upTo(current, from, to));
        if (current.reader().ended()) {
            endedByCr = current.reader().endedByCr();
            expects = Expects.COMMAND;
            contentEnded(Transfer.DATA);
        } else {
            actIfDue(current);
        }
        return next;
    }

    private void chunkAnnounced(String line) {
        String[] words = line.split(" +");
        boolean sized = words.length >= 2 && words[1].matches("[0-9]{1,18}");
        if (!sized || words.length > 3 || words.length == 3 && !words[2].equalsIgnoreCase("LAST")) {
            perform(Act.reply("501 5.5.4 Syntax: BDAT count [LAST]").then(Act.close()));
            return;
        }
        chunkLeft = Long.parseLong(words[1]);
        chunkIsLast = words.length == 3;
        chunkRefused = state.transaction == null || !state.transaction.hasRecipients() || !smtp().offers("CHUNKING");
        if (!chunkRefused && !transaction().hasContent()) {
            transaction().contentBegins(mta.behaviour());
        }
        expects = Expects.CHUNK;
        if (chunkLeft == 0) {
            chunkEnded();
        }
    }

    /** Takes octets of a BDAT chunk, also of a refused one, and says how far. */
    int chunk(byte[] in, int from, int to) {
        int next = (int) Math.min(to, from + chunkLeft);
        if (!chunkRefused) {
            next = upTo(transaction(), from, next);
            transaction().reader().readChunk(in, from, next);
        }
        chunkLeft -= next - from;
        if (chunkLeft == 0) {
            chunkEnded();
        } else if (!chunkRefused) {
            actIfDue(transaction());
        }
        return next;
    }

    private void chunkEnded() {
        expects = Expects.COMMAND;
        if (chunkRefused) {
            perform(Act.reply("503 5.5.1 Error: BDAT out of order"));
        } else if (chunkIsLast) {
            transaction().reader().lastChunkRead();
            contentEnded(Transfer.BDAT);
        } else {
            Act act = scripted(LabStage.BDAT, "", Act.reply("250 2.0.0 Ok: chunk taken"));
            if (!act.accepts()) {
                reset();
            }
            perform(act);
        }
    }

    /** No further than to where the act in mid-content is due. */
    private int upTo(MtaTransaction current, int from, int to) {
        return (int) Math.min(
                to, from + Math.min(to, current.untilAct(mta.behaviour().intake())));
    }

    private void actIfDue(MtaTransaction current) {
        MtaBehaviour.Intake intake = mta.behaviour().intake();
        if (current.untilAct(intake) == 0) {
            intake.act().ifPresent(act -> {
                current.actDone(act);
                perform(act);
            });
        }
    }

    private void contentEnded(Transfer transfer) {
        MtaTransaction current = transaction();
        state.transaction = null;
        mta.tallies().ended().up();
        current.reader().faults().forEach(fault -> session.violation(fault + " in content"));
        if (current.repliedEarly()) {
            return;
        }
        String queueId = mta.nextQueueId();
        Act act = scripted(LabStage.END_OF_DATA, "", Act.reply("250 2.0.0 Ok: queued as " + queueId));
        if (act.accepts()) {
            if (recording()) {
                Content content = current.content(transfer);
                mta.accepted(new MtaMessage(
                        session.number(), state.identity, state.helo, current.envelope(), content, queueId));
            }
            mta.tallies().messages().up();
        }
        perform(act);
    }

    private MtaTransaction transaction() {
        MtaTransaction current = state.transaction;
        if (current == null) {
            throw new IllegalStateException("no MAIL was taken");
        }
        return current;
    }

    // ---- state ----------------------------------------------------------------------------------------------------

    /** Ends the transaction; content that had begun without coming to its end counts as cut. */
    private void reset() {
        if (state.transaction != null && state.transaction.hasContent()) {
            mta.tallies().cut().up();
        }
        state.transaction = null;
    }

    /** Whether the last command began TLS: what came behind it in clear is not to be read. Says so once. */
    boolean tlsBegins() {
        boolean begins = tlsBegins;
        tlsBegins = false;
        return begins;
    }

    /** The connection is closed. */
    void closed() {
        reset();
        mta.tallies().open().down();
        session.ended(
                quitting
                        ? LabSession.Ending.QUIT
                        : performer.hungUp() ? LabSession.Ending.HUNG_UP : LabSession.Ending.LEFT);
    }

    private void perform(Act act) {
        busy = true;
        performer.perform(act.after(smtp().pace()), () -> {
            greeted = true;
            busy = false;
            goOn.run();
        });
    }

    private Act scripted(LabStage stage, String line, Act proper) {
        return smtp().script().find(heard(stage, line)).orElse(proper);
    }

    private Heard heard(LabStage stage, String line) {
        return new Heard(stage, line, state.identity.address(), session.number());
    }

    private Behaviour smtp() {
        return mta.behaviour().smtp();
    }

    private boolean recording() {
        return mta.behaviour().recording() != Recording.COUNTS;
    }
}
