package io.countersign.diagnosis;

import io.countersign.callout.ReplyMeaning;
import io.countersign.diagnosis.Heard.What;
import io.countersign.smtp.Capabilities;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.MailDomain;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpCommand;
import io.countersign.smtp.SmtpReply;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What the doctor asks one exchanger at one address, in one session: greeting, EHLO, STARTTLS, then {@code MAIL FROM:<>}, postmaster
 * and an address nobody has in one transaction, RSET, and the null sender once more. The session ends at the first thing that makes
 * the rest meaningless. Steps follow one another, so the fields are plain.
 */
final class Interview {
    /** What remains to be done after a step. */
    enum Course {
        /** The session is over; QUIT is said. */
        OVER,
        /** TLS failed: once more, on a new connection, in clear. */
        AGAIN_IN_CLEAR
    }

    private static final String DIGIT_MARK = "#5.";

    private final String about;
    private final String exchanger;
    private final String helo;
    private final MailDomain domain;
    private final MailAddress random;
    private final Timing timing;
    private final List<Line> lines = new ArrayList<>();
    private boolean spokenTo;
    private boolean inClear;
    private Duration answering = Duration.ZERO;
    private Capabilities offered = Capabilities.NONE;
    private @Nullable String blockedBy;
    private boolean healthy = true;

    /** @param greeting the longest wait for it */
    record Timing(Duration greeting, Patience patience) {}

    /** @param exchanger host name @param about how the lines name it */
    Interview(String exchanger, String about, String helo, MailDomain domain, MailAddress random, Timing timing) {
        this.exchanger = exchanger;
        this.about = about;
        this.helo = helo;
        this.domain = domain;
        this.random = random;
        this.timing = timing;
    }

    List<Line> lines() {
        return lines;
    }

    /** The words with which the peer refused this machine; null when it did not. */
    @Nullable
    String blockedBy() {
        return blockedBy;
    }

    /** Whether the peer spoke SMTP all the time, whatever it said. */
    boolean isHealthy() {
        return healthy;
    }

    // ---- up to MAIL -----------------------------------------------------------------------------------------------

    Mono<Course> run(Talk talk) {
        return talk.greeting(timing.greeting()).flatMap(heard -> {
            if (!heard.isPositive()) {
                return over(noGreeting(heard));
            }
            if (!spokenTo) {
                spokenTo = true;
                boolean late = heard.took().compareTo(timing.patience().greeting()) > 0;
                String seen = "220 after " + heard.took().toMillis() + " ms";
                lines.add(late ? Line.of(Fault.GREETING_LATE, about, seen) : Line.ok(Check.GREETING, about, seen));
            }
            return hello(talk);
        });
    }

    private Line noGreeting(Heard heard) {
        SmtpReply reply = heard.reply();
        if (reply == null) {
            return heard.what() == What.SILENCE ? Line.of(Fault.NO_GREETING, about, heard.words()) : broken(heard);
        }
        return reply.isTransient() ? Line.of(Fault.TRY_LATER, about, heard.seen()) : refused(heard);
    }

    private Mono<Course> hello(Talk talk) {
        return timed(talk.say(new SmtpCommand.Ehlo(helo))).flatMap(heard -> {
            if (heard.isPositive() && heard.reply() != null) {
                offered = Capabilities.fromReply(heard.reply());
                if (!inClear) {
                    ok(
                            Check.EHLO,
                            "offers " + String.join(" ", offered.keywords().keySet()));
                }
                return startTls(talk);
            }
            SmtpReply reply = heard.reply();
            // RFC 5321 §3.2: a server that does not know EHLO says 500 or 502.
            return reply != null && reply.code() >= 500 && reply.code() <= 504
                    ? oldHello(talk, heard)
                    : over(atHelo(heard));
        });
    }

    private Mono<Course> oldHello(Talk talk, Heard toEhlo) {
        return timed(talk.say(new SmtpCommand.Helo(helo))).flatMap(heard -> {
            if (!heard.isPositive()) {
                return over(atHelo(heard));
            }
            lines.add(Line.of(Fault.ONLY_HELO, about, toEhlo.seen()));
            return mail(talk);
        });
    }

    private Line atHelo(Heard heard) {
        SmtpReply reply = heard.reply();
        if (reply == null) {
            return broken(heard);
        }
        if (reply.isTransient()) {
            return Line.of(Fault.TRY_LATER, about, heard.seen());
        }
        return ReplyMeaning.namesUs(reply, asked(null))
                ? refused(heard)
                : Line.of(Fault.HELO_REFUSED, about, heard.seen());
    }

    private Mono<Course> startTls(Talk talk) {
        if (inClear) {
            return mail(talk);
        }
        if (!offered.has("STARTTLS")) {
            lines.add(Line.of(Fault.NO_STARTTLS, about, "STARTTLS is not offered"));
            return mail(talk);
        }
        return talk.say(SmtpCommand.Plain.STARTTLS)
                .flatMap(heard -> heard.isPositive() ? talk.secure() : Mono.just(heard))
                .flatMap(heard -> {
                    if (heard.what() == What.SECURED) {
                        ok(Check.STARTTLS, heard.words());
                        return helloAgain(talk);
                    }
                    lines.add(Line.of(Fault.STARTTLS_BROKEN, about, heard.seen()));
                    inClear = true;
                    return Mono.just(Course.AGAIN_IN_CLEAR);
                });
    }

    /** RFC 3207 §4.2: what was said before TLS counts no longer. */
    private Mono<Course> helloAgain(Talk talk) {
        return timed(talk.say(new SmtpCommand.Ehlo(helo))).flatMap(heard -> {
            if (heard.isPositive() && heard.reply() != null) {
                offered = Capabilities.fromReply(heard.reply());
                return mail(talk);
            }
            return over(atHelo(heard));
        });
    }

    // ---- the transactions -----------------------------------------------------------------------------------------

    private Mono<Course> mail(Talk talk) {
        return timed(talk.say(nullSender())).flatMap(heard -> {
            if (heard.isPositive()) {
                ok(Check.NULL_SENDER, heard.seen());
                return postmaster(talk);
            }
            return over(atMail(heard));
        });
    }

    private Line atMail(Heard heard) {
        SmtpReply reply = heard.reply();
        if (reply == null) {
            return broken(heard);
        }
        return switch (ReplyMeaning.of(Stage.MAIL, reply, asked(null))) {
            case REFUSED_US -> refused(heard);
            case TRY_LATER -> Line.of(Fault.TRY_LATER, about, heard.seen());
            case REFUSES_NULL_SENDER -> Line.of(Fault.NULL_SENDER_REFUSED, about, heard.seen());
            default -> Line.of(Fault.NOT_SMTP, about, heard.seen());
        };
    }

    private Mono<Course> postmaster(Talk talk) {
        MailAddress address = MailAddress.parse("postmaster@" + domain.text()).orElseThrow();
        return timed(talk.say(rcpt(address))).flatMap(heard -> {
            SmtpReply reply = heard.reply();
            if (reply == null) {
                return over(broken(heard));
            }
            if (isBlock(reply, address)) {
                return over(refused(heard));
            }
            if (reply.isPositive()) {
                ok(Check.POSTMASTER, heard.seen());
            } else if (reply.isTransient()) {
                lines.add(Line.of(Fault.GREYLISTING, about, heard.seen()));
            } else {
                lines.add(Line.of(Fault.POSTMASTER_REFUSED, about, heard.seen()));
            }
            return nobody(talk, reply);
        });
    }

    /** The second recipient of the same transaction. */
    private Mono<Course> nobody(Talk talk, SmtpReply toPostmaster) {
        return timed(talk.say(rcpt(random))).flatMap(heard -> {
            boolean slow = answering.compareTo(timing.patience().answers()) > 0;
            String time = "answers after " + answering.toMillis() + " ms";
            SmtpReply reply = heard.reply();
            if (reply == null || reply.code() == 421) {
                return over(Line.of(Fault.SEVERAL_RECIPIENTS_REFUSED, about, "at the second RCPT: " + heard.seen()));
            }
            lines.add(slow ? Line.of(Fault.SLOW, about, time) : Line.ok(Check.ANSWER_TIME, about, time));
            if (isBlock(reply, random)) {
                return over(refused(heard));
            }
            boolean greylisted = reply.isTransient() && toPostmaster.isTransient();
            boolean settled = reply.isPositive() || greylisted || meaning(reply, random) == Reason.NO_SUCH_MAILBOX;
            if (settled) {
                toNobody(heard);
                ok(Check.SEVERAL_RECIPIENTS, "each RCPT was answered");
            }
            return reset(talk, settled ? null : heard);
        });
    }

    private void toNobody(Heard heard) {
        if (heard.isPositive()) {
            lines.add(Line.of(Fault.CATCH_ALL, about, "accepts " + random.text() + ": " + heard.seen()));
        } else if (heard.isPermanent()) {
            ok(Check.RANDOM_ADDRESS, heard.seen());
        }
        enhancedCodes(heard);
    }

    private void enhancedCodes(Heard heard) {
        SmtpReply reply = heard.reply();
        if (reply != null && reply.isPermanent()) {
            boolean coded = reply.enhanced() != null || reply.text().contains(DIGIT_MARK);
            lines.add(
                    coded
                            ? Line.ok(Check.ENHANCED_CODES, about, "present")
                            : Line.of(Fault.NO_ENHANCED_CODES, about, heard.seen()));
        }
    }

    /** @param undecided the answer to the second recipient where it may have been for being the second */
    private Mono<Course> reset(Talk talk, @Nullable Heard undecided) {
        return talk.say(SmtpCommand.Plain.RSET)
                .flatMap(heard -> heard.isPositive() ? talk.say(nullSender()) : Mono.just(heard))
                .flatMap(heard -> {
                    if (!heard.isPositive()) {
                        return over(Line.of(Fault.RSET_NOT_SURVIVED, about, heard.seen()));
                    }
                    ok(Check.RSET, "the session goes on");
                    return undecided == null ? Mono.just(Course.OVER) : alone(talk, undecided);
                });
    }

    /** The same address by itself: does it get another answer? */
    private Mono<Course> alone(Talk talk, Heard asSecond) {
        return talk.say(rcpt(random)).map(heard -> {
            SmtpReply second = asSecond.reply();
            SmtpReply alone = heard.reply();
            boolean differs = alone != null
                    && second != null
                    && (alone.replyClass() != second.replyClass() || meaning(alone, random) != meaning(second, random));
            if (differs) {
                lines.add(Line.of(Fault.SEVERAL_RECIPIENTS_REFUSED, about, "as second recipient: " + asSecond.seen()));
            } else {
                ok(Check.SEVERAL_RECIPIENTS, "each RCPT was answered");
            }
            if (alone != null && alone.isTransient()) {
                lines.add(Line.of(Fault.GREYLISTING, about, heard.seen()));
            } else {
                toNobody(heard);
            }
            return Course.OVER;
        });
    }

    // ---- helpers --------------------------------------------------------------------------------------------------

    private Mono<Heard> timed(Mono<Heard> question) {
        return question.doOnNext(heard -> answering = answering.plus(heard.took()));
    }

    private Mono<Course> over(Line last) {
        lines.add(last);
        return Mono.just(Course.OVER);
    }

    private void ok(Check check, String seen) {
        lines.add(Line.ok(check, about, seen));
    }

    private Line broken(Heard heard) {
        healthy = false;
        return Line.of(
                switch (heard.what()) {
                    case SILENCE -> Fault.NO_ANSWER;
                    case CLOSED, NOT_SECURED -> Fault.HANGS_UP;
                    case BROKEN, REPLY, SECURED -> Fault.NOT_SMTP;
                },
                about,
                heard.seen());
    }

    private Line refused(Heard heard) {
        blockedBy = Plain.text(heard.seen());
        return Line.of(Fault.REFUSES_US, about, heard.seen());
    }

    private boolean isBlock(SmtpReply reply, MailAddress address) {
        return !reply.isPositive()
                && meaning(reply, address) == Reason.REFUSED_US
                && ReplyMeaning.namesUs(reply, asked(address));
    }

    private Reason meaning(SmtpReply reply, MailAddress address) {
        return ReplyMeaning.of(Stage.RCPT, reply, asked(address));
    }

    private ReplyMeaning.Asked asked(@Nullable MailAddress address) {
        return new ReplyMeaning.Asked(exchanger, ReversePath.NULL, address);
    }

    private static SmtpCommand nullSender() {
        return new SmtpCommand.Mail(ReversePath.NULL, MailParameters.NONE);
    }

    private static SmtpCommand rcpt(MailAddress address) {
        return new SmtpCommand.Rcpt(new ForwardPath(address), RcptParameters.NONE);
    }
}
