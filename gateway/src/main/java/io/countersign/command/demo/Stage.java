package io.countersign.command.demo;

import io.countersign.command.Running;
import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.lab.Content.Recording;
import io.countersign.lab.Lab;
import io.countersign.lab.LabMta;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/** The lab, an MTA in it, and the gateway in front, enforcing. Ends with {@link #close}. */
final class Stage implements AutoCloseable {
    /** Times are short enough to watch, and long enough for a machine that has other things to do. */
    private static final String CONFIGURATION = """
            hostname = "%s"
            domains = [ "%s" ]
            listen.smtp = [ "127.0.0.1:0" ]
            checks {
              reverse-dns.mode = enforce
              sender { mode = enforce, wait = 6s }
            }
            callout.timeouts { connect = 2s, greeting = 2s, reply = 1500ms, total = 5s }
            %s
            """;

    private final Lab lab;
    private final LabMta mta;
    private final Running gateway;

    private Stage(Lab lab, LabMta mta, Running gateway) {
        this.lab = lab;
        this.mta = mta;
        this.gateway = gateway;
    }

    /** @throws IOException when the gateway cannot be started, in words for the user */
    static Stage open(Running.Starter starter) throws IOException {
        Lab lab = Lab.start();
        try {
            Town.build(lab);
            LabMta mta = lab.mta(MtaBehaviour.proper()
                    .smtp(b -> b.hostname("mta." + Town.OURS))
                    .recording(Recording.BODIES)
                    .mailboxes(Mailboxes.users(Town.RITA)));
            return new Stage(lab, mta, starter.start(settings(lab)));
        } catch (IOException | RuntimeException e) {
            lab.close();
            throw e;
        }
    }

    private static Loaded.Ok settings(Lab lab) {
        String text = CONFIGURATION.formatted(Town.GATEWAY_NAME, Town.OURS, lab.configuration("127.0.0.1:0"));
        Loaded loaded = SettingsLoader.parse(text, "demo.conf", Optional::empty);
        if (loaded instanceof Loaded.Invalid invalid) {
            throw new IllegalStateException("the demo's own configuration: " + invalid.problems());
        }
        return (Loaded.Ok) loaded;
    }

    Happened play(Scene scene) {
        Performance performance = new Performance(lab, mta, address());
        try {
            scene.play().perform(performance);
        } catch (UncheckedIOException | IllegalStateException e) {
            // A connection that ended too early, a greeting that is none: what the lab's client says when a gateway
            // misbehaves.
            performance.brokeOff(e);
        }
        return performance.end();
    }

    InetSocketAddress address() {
        return gateway.addresses().get(0);
    }

    /** The page and its token, for whoever watches. */
    List<String> welcome() {
        return gateway.welcome();
    }

    Lab lab() {
        return lab;
    }

    LabMta mta() {
        return mta;
    }

    @Override
    public void close() {
        gateway.close();
        lab.close();
    }
}
