package io.countersign.smtp;

/**
 * A command that is well formed by itself (RFC 5321 §4.1); whether it is allowed now is the dialogue's business. Sealed;
 * {@link #kind()} makes {@code switch} complete at release 17.
 */
public sealed interface SmtpCommand {
    enum Kind {
        EHLO,
        HELO,
        MAIL,
        RCPT,
        DATA,
        BDAT,
        RSET,
        NOOP,
        QUIT,
        VRFY,
        EXPN,
        HELP,
        STARTTLS,
        XCLIENT,
        UNKNOWN
    }

    Kind kind();

    /** @param domain the argument as given: printable ASCII, at most 255 octets, not checked to be a domain */
    record Ehlo(String domain) implements SmtpCommand {
        @Override
        public Kind kind() {
            return Kind.EHLO;
        }
    }

    /** @param domain as in {@link Ehlo} */
    record Helo(String domain) implements SmtpCommand {
        @Override
        public Kind kind() {
            return Kind.HELO;
        }
    }

    record Mail(ReversePath from, MailParameters parameters) implements SmtpCommand {
        @Override
        public Kind kind() {
            return Kind.MAIL;
        }
    }

    record Rcpt(ForwardPath to, RcptParameters parameters) implements SmtpCommand {
        @Override
        public Kind kind() {
            return Kind.RCPT;
        }
    }

    /** @param size octets that follow, 0 to 2^63-1 (RFC 3030 §2) */
    record Bdat(long size, boolean last) implements SmtpCommand {
        @Override
        public Kind kind() {
            return Kind.BDAT;
        }
    }

    /** Commands of which the argument does not matter to us: DATA, RSET, NOOP, QUIT, HELP, STARTTLS. */
    record Plain(Kind kind) implements SmtpCommand {
        /** @throws IllegalArgumentException for a command that has arguments of its own */
        public Plain {
            switch (kind) {
                case DATA, RSET, NOOP, QUIT, HELP, STARTTLS -> {}
                default -> throw new IllegalArgumentException(kind + " is not a plain command");
            }
        }

        public static final Plain DATA = new Plain(Kind.DATA);
        public static final Plain RSET = new Plain(Kind.RSET);
        public static final Plain NOOP = new Plain(Kind.NOOP);
        public static final Plain QUIT = new Plain(Kind.QUIT);
        public static final Plain HELP = new Plain(Kind.HELP);
        public static final Plain STARTTLS = new Plain(Kind.STARTTLS);
    }

    record Vrfy(String argument) implements SmtpCommand {
        @Override
        public Kind kind() {
            return Kind.VRFY;
        }
    }

    record Expn(String argument) implements SmtpCommand {
        @Override
        public Kind kind() {
            return Kind.EXPN;
        }
    }

    /**
     * The XCLIENT line we send to the MTA; never parsed from a client (there it is UNKNOWN).
     *
     * @param attributes {@code NAME=xtext} pairs joined by blanks, already encoded; at most 512 octets with the verb
     */
    record Xclient(String attributes) implements SmtpCommand {
        @Override
        public Kind kind() {
            return Kind.XCLIENT;
        }
    }

    /**
     * A verb we do not know.
     *
     * @param verb at most 20 printable ASCII characters of it, upper case; for logs
     * @param origin what the whole line looked like
     */
    record Unknown(String verb, Origin origin) implements SmtpCommand {
        /** A command of some SMTP. */
        public Unknown(String verb) {
            this(verb, Origin.SMTP);
        }

        @Override
        public Kind kind() {
            return Kind.UNKNOWN;
        }
    }

    /** Whose language an unknown line is. */
    enum Origin {
        /** It may be a command of an extension we do not have, or a slip. */
        SMTP,
        /** HTTP, TLS, SSH, a header line: the peer is no mail client, or one that somebody else speaks through. */
        FOREIGN
    }
}
