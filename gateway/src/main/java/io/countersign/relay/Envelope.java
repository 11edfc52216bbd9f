package io.countersign.relay;

import io.countersign.relay.MtaTransaction.RecipientAnswer;
import io.countersign.smtp.BodyType;
import io.countersign.smtp.Capabilities;
import io.countersign.smtp.ForwardPath;
import io.countersign.smtp.MailParameters;
import io.countersign.smtp.RcptParameters;
import io.countersign.smtp.ReversePath;
import io.countersign.smtp.SmtpCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A sender and its recipients, and how far the MTA knows them. */
final class Envelope {
    /** How far one recipient got. */
    enum Progress {
        /** To be put to the MTA as soon as there is a connection; somebody waits for the answer. */
        WANTED,
        /** Put; the reply is awaited. */
        ASKED,
        /** Accepted, on the connection of this envelope. */
        ACCEPTED,
        /** To be put to the MTA before content goes out: answered without it, or accepted on a connection that is gone. */
        OWED,
        REFUSED,
        /** We refuse it: it gets nothing. */
        WITHDRAWN
    }

    /** One RCPT. */
    static final class Recipient {
        final ForwardPath to;
        final RcptParameters parameters;
        Progress progress;
        /** We refuse it, whatever the MTA is about to say. */
        boolean withdrawn;
        /** Set when an owed one was refused. */
        @Nullable
        MtaAnswer refusal;

        private @Nullable Consumer<RecipientAnswer> then;

        Recipient(
                ForwardPath to,
                RcptParameters parameters,
                Progress progress,
                @Nullable Consumer<RecipientAnswer> then) {
            this.to = to;
            this.parameters = parameters;
            this.progress = progress;
            this.then = then;
        }

        /** Whether somebody waits for the answer; otherwise it was given already. */
        boolean isAwaited() {
            return then != null;
        }

        void answer(RecipientAnswer answer) {
            Consumer<RecipientAnswer> told = then;
            then = null;
            if (told != null) {
                told.accept(answer);
            }
        }
    }

    private final SmtpCommand.Mail mail;
    private final List<Recipient> recipients = new ArrayList<>(1);
    /** MAIL was sent on the connection that is held now. */
    boolean put;
    /** The MTA has a recipient that is to get nothing: RSET comes before anything else. */
    boolean stained;
    /** RCPTs whose reply is awaited. */
    int asked;
    /** Something about this envelope was answered on this connection: from here on a loss is a loss. */
    boolean heard;
    /** A stale connection was replaced once already. */
    boolean retried;
    /** MAIL, or something before it, was refused. */
    @Nullable
    RecipientAnswer refusal;

    Envelope(ReversePath from, MailParameters parameters) {
        mail = new SmtpCommand.Mail(from, parameters);
    }

    void add(Recipient recipient) {
        recipients.add(recipient);
    }

    /** In the order of the client's RCPTs; a copy, so that callbacks may change the envelope. */
    List<Recipient> in(Progress progress) {
        List<Recipient> found = new ArrayList<>(recipients.size());
        for (Recipient recipient : recipients) {
            if (recipient.progress == progress) {
                found.add(recipient);
            }
        }
        return found;
    }

    boolean has(Progress progress) {
        for (Recipient recipient : recipients) {
            if (recipient.progress == progress) {
                return true;
            }
        }
        return false;
    }

    /** The last recipient of that path that may still get the message is to get nothing. @return whether there was one */
    boolean withdraw(ForwardPath to) {
        for (int i = recipients.size() - 1; i >= 0; i--) {
            Recipient recipient = recipients.get(i);
            boolean dead = recipient.withdrawn || recipient.progress == Progress.REFUSED;
            if (!dead && recipient.to.toString().equals(to.toString())) {
                recipient.withdrawn = true;
                stained |= recipient.progress == Progress.ACCEPTED;
                if (recipient.progress == Progress.ACCEPTED || recipient.progress == Progress.OWED) {
                    recipient.progress = Progress.WITHDRAWN;
                }
                return true;
            }
        }
        return false;
    }

    /** How many are to get the message. */
    int size() {
        int size = 0;
        for (Recipient recipient : recipients) {
            size += recipient.progress == Progress.ACCEPTED || recipient.progress == Progress.OWED ? 1 : 0;
        }
        return size;
    }

    /** Who still waits for a connection has been answered without the MTA: is owed from now on. */
    void oweWanted() {
        for (Recipient recipient : in(Progress.WANTED)) {
            recipient.progress = recipient.withdrawn ? Progress.WITHDRAWN : Progress.OWED;
        }
    }

    /** Forgets what a connection knew. */
    void unput() {
        for (Recipient recipient : recipients) {
            if (recipient.progress == Progress.ACCEPTED) {
                recipient.progress = Progress.OWED;
            }
        }
        put = false;
        stained = false;
        asked = 0;
        heard = false;
    }

    /** MAIL with the parameters that the MTA takes; see {@link #lacking}. SIZE and BODY=7BIT are hints that may be left out. */
    SmtpCommand.Mail mailFor(Capabilities offered) {
        MailParameters wanted = mail.parameters();
        boolean keepsSize = wanted.size() < 0 || offered.has("SIZE");
        boolean keepsBody = wanted.body() == null || offered.has("8BITMIME");
        if (keepsSize && keepsBody) {
            return mail;
        }
        return new SmtpCommand.Mail(
                mail.from(),
                new MailParameters(
                        keepsSize ? wanted.size() : -1,
                        keepsBody ? wanted.body() : null,
                        wanted.smtpUtf8(),
                        wanted.ret(),
                        wanted.envid()));
    }

    /** What MAIL needs and the MTA does not offer (any more): the keyword. */
    Optional<String> lacking(Capabilities offered) {
        MailParameters wanted = mail.parameters();
        if (wanted.body() == BodyType.EIGHT_BIT_MIME && !offered.has("8BITMIME")) {
            return Optional.of("8BITMIME");
        }
        if (wanted.smtpUtf8() && !offered.has("SMTPUTF8")) {
            return Optional.of("SMTPUTF8");
        }
        boolean dsn = wanted.ret() != null || wanted.envid() != null;
        return dsn && !offered.has("DSN") ? Optional.of("DSN") : Optional.empty();
    }

    /** The same for one RCPT. */
    static Optional<String> lacking(Capabilities offered, RcptParameters wanted) {
        boolean dsn = wanted.notifyOn() != null || wanted.orcpt() != null;
        return dsn && !offered.has("DSN") ? Optional.of("DSN") : Optional.empty();
    }
}
