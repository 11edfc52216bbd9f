package io.countersign.lab;

import io.countersign.lab.Content.Recording;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * How a {@link LabMta} behaves: the SMTP of any {@link Behaviour}, and what only an MTA behind a gateway has. Each method
 * gives a new description.
 *
 * <pre>{@code
 * MtaBehaviour.proper().smtp(b -> b.mailboxes(Mailboxes.users("r@example.org"))
 *                                  .at(LabStage.END_OF_DATA, Act.close()))
 *     .xclient(Xclient.ONCE)
 *     .duringContent(10_000, Act.reply("552 5.3.4 too big").then(Act.close()));
 * }</pre>
 */
public record MtaBehaviour(
        Behaviour smtp, LineRule lines, Xclient xclient, Proxy proxy, Intake intake, Recording recording) {

    /** What becomes of XCLIENT. */
    public enum Xclient {
        /** Neither offered nor known. */
        NONE,
        ANY,
        /** The second one on a connection is refused with 550 5.7.0, as by Postfix when the new address has no right to it. */
        ONCE
    }

    /** Whether connections begin with a PROXY protocol header, version 1 or 2. */
    public enum Proxy {
        NONE,
        /** A connection without one is closed. */
        REQUIRED
    }

    /**
     * How it reads.
     *
     * @param octetsPerSecond of one connection; 0 for as fast as they come
     * @param receiveBuffer of the socket, in octets, when {@link LabMta#start} is called; 0 for the system's own choice
     * @param afterOctets of content, {@code act} is done once; if the act has a reply in it, the end of the content gets none
     */
    public record Intake(int octetsPerSecond, int receiveBuffer, long afterOctets, Optional<Act> act) {}

    /**
     * Offers PIPELINING, SIZE, 8BITMIME, SMTPUTF8, DSN, CHUNKING, ENHANCEDSTATUSCODES and XCLIENT, has every mailbox in
     * every domain, is strict about lines, keeps digests.
     */
    public static MtaBehaviour proper() {
        Behaviour smtp = Behaviour.proper()
                .keyword("SMTPUTF8")
                .keyword("DSN")
                .keyword("CHUNKING")
                .mailboxes(Mailboxes.any());
        return new MtaBehaviour(
                smtp,
                LineRule.STRICT,
                Xclient.ANY,
                Proxy.NONE,
                new Intake(0, 0, Long.MAX_VALUE, Optional.empty()),
                Recording.DIGESTS);
    }

    /** As little as possible, as fast as possible. */
    public static MtaBehaviour sink() {
        return proper().recording(Recording.COUNTS);
    }

    public MtaBehaviour smtp(UnaryOperator<Behaviour> change) {
        return new MtaBehaviour(change.apply(smtp), lines, xclient, proxy, intake, recording);
    }

    public MtaBehaviour mailboxes(Mailboxes mailboxes) {
        return smtp(b -> b.mailboxes(mailboxes));
    }

    /** Does {@code act} at {@code stage} instead of answering properly. */
    public MtaBehaviour at(LabStage stage, Act act) {
        return smtp(b -> b.at(stage, act));
    }

    public MtaBehaviour lines(LineRule rule) {
        return new MtaBehaviour(smtp, rule, xclient, proxy, intake, recording);
    }

    public MtaBehaviour xclient(Xclient rule) {
        return new MtaBehaviour(smtp, lines, rule, proxy, intake, recording);
    }

    public MtaBehaviour proxy(Proxy rule) {
        return new MtaBehaviour(smtp, lines, xclient, rule, intake, recording);
    }

    public MtaBehaviour recording(Recording what) {
        return new MtaBehaviour(smtp, lines, xclient, proxy, intake, what);
    }

    /** Reads connections accepted from now on no faster than that. */
    public MtaBehaviour octetsPerSecond(int rate) {
        return intake(new Intake(rate, intake.receiveBuffer, intake.afterOctets, intake.act));
    }

    /** A small window, so that a slow reader is felt at once. */
    public MtaBehaviour receiveBuffer(int octets) {
        return intake(new Intake(intake.octetsPerSecond, octets, intake.afterOctets, intake.act));
    }

    /** Does {@code act} once, when that many octets of content (or more) have come. */
    public MtaBehaviour duringContent(long octets, Act act) {
        return intake(new Intake(intake.octetsPerSecond, intake.receiveBuffer, octets, Optional.of(act)));
    }

    private MtaBehaviour intake(Intake another) {
        return new MtaBehaviour(smtp, lines, xclient, proxy, another, recording);
    }
}
