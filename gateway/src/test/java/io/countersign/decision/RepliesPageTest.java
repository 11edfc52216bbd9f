package io.countersign.decision;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.relay.MtaAnswer;
import io.countersign.smtp.MailAddress;
import io.countersign.smtp.SmtpReply;
import io.countersign.smtp.codec.FramingFault;
import io.countersign.verdict.Evidence;
import io.countersign.verdict.Kind;
import io.countersign.verdict.Reason;
import io.countersign.verdict.Stage;
import io.countersign.verdict.Verdict;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** {@code docs/replies.md} has every refusal that the code has, in its very words, and none that it has not. */
@org.jspecify.annotations.NullUnmarked
class RepliesPageTest {
    private static final Path PAGE = Path.of("../docs/replies.md");
    private static final MailAddress SENDER = MailAddress.parse("s@d.test").orElseThrow();
    private static final int NUMBER = 7777;

    /** Classes of the protocol module that hold constants. */
    private static final List<String> CONSTANTS =
            List.of("io.countersign.smtp.dialogue.OrderReplies", "io.countersign.smtp.syntax.SyntaxReplies");

    /** Not replies of ours by themselves: one adds the id, one passes on the MTA's words. */
    private static final Set<String> NOT_OURS = Set.of("withId", "mailRefused");

    private static String words(SmtpReply reply) {
        String text = reply.code() + (reply.enhanced() == null ? "" : " " + reply.enhanced()) + " "
                + String.join(" ", reply.lines());
        return text.replace(" (id ID)", "")
                .replace("mx.d.test", "{}")
                .replace("s@d.test", "{}")
                .replace("d.test", "{}")
                .replace("SAID", "{}")
                .replace(Integer.toString(NUMBER), "{}")
                .strip();
    }

    private static List<MtaAnswer> answers() {
        return List.of(
                new MtaAnswer.Unreachable(""),
                new MtaAnswer.Busy(""),
                new MtaAnswer.Lost(""),
                new MtaAnswer.Silent(""),
                new MtaAnswer.Misconfigured(""));
    }

    private static List<?> firstArguments(Method method) {
        Class<?> type = method.getParameterTypes()[0];
        if (type == MtaAnswer.class) {
            return answers();
        }
        if (type.isEnum()) {
            return Arrays.asList(type.getEnumConstants());
        }
        if (method.getName().equals("badContent")) {
            return List.of(FramingFault.BARE_CR.words(), FramingFault.BARE_LF.words());
        }
        return List.of(type == int.class ? NUMBER : "{}");
    }

    /** A method's arguments, as often as there are different ones. */
    private static List<Object[]> arguments(Method method) {
        Class<?>[] types = method.getParameterTypes();
        List<Object[]> all = new ArrayList<>();
        for (Object value : firstArguments(method)) {
            Object[] arguments = new Object[types.length];
            Arrays.fill(arguments, "{}");
            arguments[0] = value;
            // The id is the last of each; of some it is all there is.
            arguments[types.length - 1] = "ID";
            all.add(arguments);
        }
        return all;
    }

    private static void ofReplies(Set<String> into) throws ReflectiveOperationException {
        for (Method method : Replies.class.getDeclaredMethods()) {
            if (Modifier.isPublic(method.getModifiers())
                    && method.getReturnType() == SmtpReply.class
                    && !NOT_OURS.contains(method.getName())) {
                for (Object[] arguments : arguments(method)) {
                    into.add(words((SmtpReply) method.invoke(null, arguments)));
                }
            }
        }
    }

    private static void ofProtocol(Set<String> into) throws ReflectiveOperationException {
        for (String name : CONSTANTS) {
            Class<?> type = Class.forName(name);
            for (Field field : type.getDeclaredFields()) {
                if (field.getType() == SmtpReply.class) {
                    field.setAccessible(true);
                    SmtpReply reply = (SmtpReply) field.get(null);
                    if (reply.code() >= 400) {
                        into.add(words(reply));
                    }
                }
            }
            for (Method method : type.getDeclaredMethods()) {
                if (method.getReturnType() == SmtpReply.class && method.getParameterCount() == 1) {
                    method.setAccessible(true);
                    into.add(words((SmtpReply) method.invoke(null, "{}")));
                }
            }
        }
        for (FramingFault fault : FramingFault.values()) {
            into.add("500 5.5.2 " + fault.words());
        }
    }

    private static void ofSenderRules(Set<String> into) throws ReflectiveOperationException {
        Evidence evidence = new Evidence("mx.d.test", null, "SAID", "", List.of());
        for (Reason reason : Reason.values()) {
            Verdict verdict = Verdict.asked(reason, Stage.RCPT, evidence);
            // A proof that is too old to refuse is a reason to defer as well.
            if (reason.kind() != Kind.DELIVERABLE) {
                into.add(words(byRule("deferred", verdict)));
            }
            if (reason.kind() == Kind.UNDELIVERABLE) {
                into.add(words(byRule("rejected", verdict)));
            }
        }
    }

    private static SmtpReply byRule(String method, Verdict verdict) throws ReflectiveOperationException {
        Method rule = SenderRules.class.getDeclaredMethod(method, MailAddress.class, Verdict.class, String.class);
        rule.setAccessible(true);
        return (SmtpReply) rule.invoke(null, SENDER, verdict, "ID");
    }

    private static Set<String> ours() throws ReflectiveOperationException {
        Set<String> all = new TreeSet<>();
        ofReplies(all);
        ofProtocol(all);
        ofSenderRules(all);
        return all;
    }

    private static List<String[]> rows() throws IOException {
        return Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.split("\\|", -1))
                .toList();
    }

    @Test
    void every_refusal_of_ours_is_on_the_page_and_every_one_on_the_page_is_ours() throws Exception {
        List<String> documented = rows().stream()
                .map(cells -> cells[1].strip().substring(1, cells[1].strip().length() - 1))
                .toList();
        assertThat(documented).doesNotHaveDuplicates();
        assertThat(new TreeSet<>(documented)).isEqualTo(ours());
    }

    @Test
    void each_says_when_it_comes_whose_side_it_is_on_and_what_to_do() throws IOException {
        assertThat(rows()).hasSizeGreaterThan(60).allSatisfy(cells -> {
            assertThat(cells).as(cells[1]).hasSize(6);
            assertThat(cells[2].strip()).as(cells[1]).hasSizeGreaterThan(8);
            assertThat(cells[3].strip()).as(cells[1]).isIn("client", "sender's domain", "network", "us", "nobody");
            assertThat(cells[4].strip()).as(cells[1]).hasSizeGreaterThan(8);
        });
    }
}
