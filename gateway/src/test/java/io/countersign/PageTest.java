package io.countersign;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.countersign.admin.Browser;
import io.countersign.lab.Exchangers;
import io.countersign.lab.LabClient;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The web page in a real Chromium, over a gateway through which mail went. With {@code -Dscreenshots=FOLDER} it leaves pictures of
 * each view there, for a desk and a phone, light and dark.
 */
@org.jspecify.annotations.NullUnmarked
class PageTest {
    private static final Pattern ID = Pattern.compile("\\(id ([0-9A-Z]{13})\\)");
    private static final String EVIL = "<script>document.title='hurt'</script>";
    private static final Map<String, String> VIEWS = Map.of(
            "now", "Now",
            "find", "Find mail",
            "domains", "Domains",
            "doctor", "Doctor",
            "would", "Would have been refused",
            "settings", "Settings");

    @TempDir
    private static Path folder;

    private static AdminStage stage;
    private static Browser browser;
    private static String bounce;

    @BeforeAll
    static void start() throws IOException {
        boolean there = Browser.isInstalled();
        if (!there && "required".equals(System.getProperty("real.servers"))) {
            throw new AssertionError("Debian's packages chromium and chromium-driver are missing");
        }
        assumeTrue(there, "this test needs Debian's packages chromium and chromium-driver");
        stage = new AdminStage("""
                checks.sender.mode = enforce
                checks.reverse-dns.mode = monitor
                journal.dir = "%s"
                """.formatted(folder.resolve("journal")));
        stage.lab.domain("friendly.test", Exchangers.wellBehaved("alice@friendly.test"));
        stage.lab.domain(
                "evil.test",
                Exchangers.saysToAll("550 5.1.1 <img src=x onerror=\"document.title='hurt'\"> no such user"));
        mail();
        browser = new Browser(Files.createDirectory(folder.resolve("profile")));
    }

    private static void mail() {
        try (LabClient client = stage.client()) {
            assertThat(client.deliver(
                                    "alice@friendly.test",
                                    "rita@example.org",
                                    "Message-ID: <one@friendly.test>\r\n\r\nHello.\r\n")
                            .code())
                    .isEqualTo(250);
            client.command("MAIL FROM:<nobody@friendly.test>", 250);
            bounce = client.command("RCPT TO:<rita@example.org>", 550).text();
        }
        try (LabClient client =
                LabClient.from("127.9.0.7", stage.gateway.addresses().get(0))) {
            client.hello(EVIL);
            client.command("MAIL FROM:<\"<img src=x>\"@evil.test>");
            client.command("RCPT TO:<rita@example.org>");
        }
        try (LabClient client =
                LabClient.from("127.9.0.8", stage.gateway.addresses().get(0))) {
            client.hello("unnamed.test");
            client.deliver("alice@friendly.test", "rita@example.org", "Subject: again\r\n\r\nHello.\r\n");
        }
        await().atMost(Duration.ofMinutes(1))
                .until(() -> ((List<?>) stage.wire().get("/api/v1/trace").json().get("stories")).size() >= 4);
    }

    private static void evil() {
        try (LabClient client =
                LabClient.from("127.9.0.7", stage.gateway.addresses().get(0))) {
            client.hello(EVIL);
            client.command("MAIL FROM:<\"<img src=x>\"@evil.test>");
            client.command("RCPT TO:<rita@example.org>");
        }
    }

    @AfterAll
    static void end() {
        if (browser != null) {
            browser.close();
        }
        if (stage != null) {
            stage.close();
        }
    }

    @BeforeEach
    void aDesk() {
        browser.size(1100, 900);
        browser.colours("light");
        browser.open(page() + "health/live"); // leaves the page, so that it is opened anew
        browser.run("sessionStorage.clear()");
        browser.console();
    }

    private static String page() {
        return stage.gateway.admin().page().orElseThrow().replaceFirst("\\?.*", "");
    }

    private static void open(String hash) {
        browser.open(page() + "?token=" + stage.token() + "#" + hash);
    }

    private static void see(String... texts) {
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(browser.text()).contains(texts));
    }

    private static void assertNothingComplained() {
        assertThat(browser.console())
                .filteredOn(line -> !line.contains("favicon") && !line.contains("401"))
                .isEmpty();
    }

    private static String id() {
        Matcher matcher = ID.matcher(bounce);
        assertThat(matcher.find()).as(bounce).isTrue();
        return matcher.group(1);
    }

    @Test
    void without_a_token_it_asks_for_one_and_opens_with_the_right_one() {
        browser.open(page());
        see("A token, please");
        browser.type("wrong");
        browser.press(Browser.ENTER);
        see("does not know this token");
        browser.type(stage.token());
        browser.press(Browser.ENTER);
        see("Messages by decision");
        assertThat(browser.run("return document.activeElement.tagName")).isEqualTo("H1");
        browser.reload();
        see("Messages by decision");
    }

    @Test
    void the_token_leaves_the_address_at_once() {
        open("settings");
        see("journal.dir");
        assertThat(browser.address()).isEqualTo(page() + "#settings");
        assertNothingComplained();
    }

    @Test
    void a_pasted_bounce_leads_to_the_story_and_to_the_dialogue_as_it_was_spoken() {
        open("find");
        see("What do you have?");
        browser.run(
                "document.querySelector('textarea').focus(); document.querySelector('textarea').value = arguments[0]",
                "The mail system\n\n<rita@example.org>: host mx1.example.org said: 550 "
                        + bounce.replace("(id", "\n    (id"));
        browser.press(Browser.ENTER);
        see("One message", "the sender's domain", "says there is no such mailbox", "What to do", id());
        browser.run("document.querySelector('.show-dialogue').focus()");
        browser.press(Browser.ENTER);
        see("we say", "RCPT TO:<nobody@friendly.test>", "they say");
        assertNothingComplained();
    }

    @Test
    void IN06_markup_of_strangers_is_seen_as_text_and_does_nothing() {
        open("find?" + "q=evil.test");
        see(EVIL, "\"<img src=x>\"@evil.test");
        browser.run("document.querySelector('.show-dialogue').click()");
        see("onerror=\"document.title='hurt'\"");
        assertThat(browser.run("return document.title")).isEqualTo("Find mail – Countersign");
        assertThat(browser.run("return document.querySelectorAll('img, main script').length"))
                .isEqualTo(0L);
        open("now");
        browser.reload();
        see("Decisions as they are taken");
        evil();
        see(EVIL);
        assertThat(browser.run("return document.title")).isEqualTo("Now – Countersign");
        assertNothingComplained();
    }

    @Test
    void views_are_switched_by_keyboard_alone_and_the_focus_goes_to_their_heading() {
        open("now");
        see("Messages by decision");
        browser.run("document.activeElement.blur(); getSelection().removeAllRanges()");
        browser.press(Browser.TAB);
        assertThat(browser.run("return document.activeElement.textContent")).isEqualTo("Skip to the content");
        browser.press(Browser.TAB, Browser.TAB, Browser.TAB, Browser.ENTER);
        see("Type a domain to see its exchangers");
        assertThat(browser.run("return document.activeElement.textContent")).isEqualTo("Domains");
        assertThat(browser.run("return document.querySelector('nav [aria-current=page]').textContent"))
                .isEqualTo("Domains");
        assertNothingComplained();
    }

    @Test
    void a_domain_shows_what_is_known_and_can_be_exempt_for_a_while() {
        open("domains?name=friendly.test");
        see(
                "Exchangers, in the order in which they are tried",
                "mx.friendly.test",
                "Limits and breakers now",
                "Nobody is.");
        browser.run(
                "[...document.querySelectorAll('button')].find((b) => b.textContent === 'Exempt for a while').click()");
        see("are not checked until", "they end with the process");
        assertThat(stage.wire().get("/api/v1/exemptions").body()).contains("friendly.test");
        browser.run("[...document.querySelectorAll('button')].find((b) => b.textContent === 'End now').click()");
        see("Nobody is.");
        assertNothingComplained();
    }

    @Test
    void the_doctor_examines_a_domain_and_explains_a_bounce_from_elsewhere() {
        open("doctor?domain=friendly.test");
        see("Will mail from or to this domain disappear?");
        browser.run("[...document.querySelectorAll('button')].find((b) => b.textContent === 'Examine it').click()");
        await().atMost(Duration.ofMinutes(2))
                .untilAsserted(() ->
                        assertThat(browser.text()).contains("friendly.test: ", "mx.friendly.test", "What is well"));
        browser.run(
                "document.querySelector('textarea').value = '550 5.1.1 <x@y.test>: Recipient address rejected: User unknown in virtual mailbox table';"
                        + "[...document.querySelectorAll('button')].find((b) => b.textContent === 'Explain').click()");
        see("What it means", "On the side of", "5.1.1");
        assertNothingComplained();
    }

    @Test
    void monitor_mode_shows_what_enforcing_would_have_refused() {
        open("would");
        see("would have been refused", "checks.reverse-dns", "friendly.test");
        assertNothingComplained();
    }

    @Test
    void what_is_not_found_is_said_with_how_far_back_the_journal_goes() {
        open("find?q=nowhere.test");
        see("Nothing found for", "The journal holds", "Search all that is kept");
        open("find?q=%20%2B%2B");
        browser.reload();
        see("That did not work");
        open("domains?name=nodomain.test");
        browser.reload();
        see("there is no such domain");
    }

    @Test
    void new_mail_appears_while_one_looks() {
        open("now");
        see("Decisions as they are taken");
        try (LabClient client = stage.client()) {
            client.command("MAIL FROM:<latecomer@friendly.test>", 250);
            client.command("RCPT TO:<rita@example.org>", 550);
        }
        see("latecomer@friendly.test");
        assertNothingComplained();
    }

    @Test
    void on_a_phone_nothing_is_wider_than_the_screen() throws IOException {
        String pictures = System.getProperty("screenshots");
        for (String view : VIEWS.keySet()) {
            browser.size(360, 740);
            open(withContent(view));
            browser.reload();
            see(VIEWS.get(view));
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> Boolean.FALSE.equals(browser.run("return document.querySelector('.busy') !== null")));
            assertThat(browser.run("return document.documentElement.scrollWidth"))
                    .as(view)
                    .isEqualTo(360L);
            assertThat(browser.run("return [...document.querySelectorAll('input, select, textarea')]"
                            + ".filter((field) => field.labels.length === 0).length"))
                    .as("fields without a label in " + view)
                    .isEqualTo(0L);
            if (pictures != null) {
                picture(Path.of(pictures), view);
            }
        }
        assertNothingComplained();
    }

    private static String withContent(String view) {
        return switch (view) {
            case "find" -> "find?q=" + URLEncoder.encode(id(), UTF_8);
            case "domains" -> "domains?name=friendly.test";
            case "doctor" -> "doctor?domain=friendly.test";
            default -> view;
        };
    }

    /** Until the charts have something to draw. */
    private static void someTraffic() {
        await().atMost(Duration.ofMinutes(2)).until(() -> {
            try (LabClient client = stage.client()) {
                for (int i = 0; i < 1 + System.nanoTime() % 4; i++) {
                    client.deliver("alice@friendly.test", "rita@example.org", "Subject: x\r\n\r\nHello.\r\n");
                }
            }
            return (Long) browser.run("return document.querySelector('.line').getAttribute('points').split(' ').length")
                    > 20;
        });
    }

    private static void picture(Path into, String view) throws IOException {
        browser.run("document.querySelector('.show-dialogue')?.click()");
        if (view.equals("find")) {
            see("we say");
        } else if (view.equals("doctor")) {
            browser.run("document.querySelector('form button').click()");
            see("What is well");
        } else if (view.equals("now")) {
            someTraffic();
        }
        for (String scheme : List.of("light", "dark")) {
            browser.colours(scheme);
            browser.size(360, 1600);
            browser.screenshot(into.resolve(view + "-phone-" + scheme + ".png"));
            browser.size(1100, view.equals("find") ? 1700 : 1000);
            browser.screenshot(into.resolve(view + "-desk-" + scheme + ".png"));
        }
    }
}
