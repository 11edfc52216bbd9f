package io.countersign.lab;

import io.countersign.lab.MtaBehaviour.Xclient;
import java.util.ArrayList;
import java.util.List;

/** What an MTA without quirks answers. */
final class MtaReplies {
    private static final String XCLIENT_KEYWORD =
            "XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT";

    private static final Act OK = Act.reply("250 2.0.0 Ok");
    private static final Act SENDER_OK = Act.reply("250 2.1.0 Ok");
    private static final Act GO_ON = Act.reply("354 End data with <CR><LF>.<CR><LF>");

    private MtaReplies() {}

    /** The reply of an MTA without quirks. */
    static Act proper(MtaBehaviour behaviour, MtaState state, LabStage stage, String line) {
        Behaviour smtp = behaviour.smtp();
        return switch (stage) {
            case EHLO, HELO ->
                line.strip().length() <= 5
                        ? Act.reply("501 5.5.4 Syntax: EHLO hostname")
                        : smtp.ehloReply(stage, offered(behaviour, state));
            case STARTTLS ->
                smtp.offers("STARTTLS") && !state.secure
                        ? Act.reply("220 2.0.0 Ready to start TLS").then(Act.startTls())
                        : Act.reply("502 5.5.1 Error: command not implemented");
            case XCLIENT -> xclient(behaviour, state);
            case MAIL -> {
                if (state.helo.isEmpty()) {
                    yield Act.reply("503 5.5.1 Error: send HELO/EHLO first");
                }
                yield state.transaction == null ? SENDER_OK : Act.reply("503 5.5.1 Error: nested MAIL command");
            }
            case RCPT ->
                state.transaction == null
                        ? Act.reply("503 5.5.1 Error: need MAIL command")
                        : Act.reply(smtp.mailboxes().answer(Heard.pathIn(line)));
            case DATA -> {
                if (state.transaction == null || state.transaction.hasContent()) {
                    yield Act.reply("503 5.5.1 Error: need RCPT command");
                }
                yield state.transaction.hasRecipients() ? GO_ON : Act.reply("554 5.5.1 Error: no valid recipients");
            }
            case RSET, NOOP -> OK;
            case VRFY -> Act.reply("252 2.0.0 Ask by RCPT");
            case QUIT -> Act.reply("221 2.0.0 Bye").then(Act.close());
            case CONNECT, GREETING, BDAT, END_OF_DATA, OTHER -> Act.reply("500 5.5.2 Error: command not recognized");
        };
    }

    private static Act xclient(MtaBehaviour behaviour, MtaState state) {
        Xclient rule = behaviour.xclient();
        if (rule == Xclient.NONE) {
            return Act.reply("502 5.5.1 Error: command not implemented");
        } else if (rule == Xclient.ONCE && state.xclients > 0) {
            return Act.reply("550 5.7.0 Error: insufficient authorization");
        }
        return state.transaction == null
                ? Act.reply("220 " + behaviour.smtp().hostname() + " ESMTP ready")
                : Act.reply("503 5.5.1 Error: MAIL transaction in progress");
    }

    private static List<String> offered(MtaBehaviour behaviour, MtaState state) {
        List<String> lines = new ArrayList<>(behaviour.smtp().keywords());
        if (state.secure) {
            lines.removeIf(k -> Behaviour.isKeyword(k, "STARTTLS"));
        }
        if (behaviour.xclient() != Xclient.NONE && !behaviour.smtp().offers("XCLIENT")) {
            lines.add(XCLIENT_KEYWORD);
        }
        return lines;
    }
}
