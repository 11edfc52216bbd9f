package io.countersign.command;

import io.countersign.config.Restart;
import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * The life of a gateway as a process: signals. SIGHUP reads the configuration again (a hundred of them at once read it once or
 * twice), SIGTERM and SIGINT drain, a second one ends at once.
 */
final class Serving {
    private static final Logger LOG = LoggerFactory.getLogger(Serving.class);

    private final Path file;
    private final Running gateway;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final AtomicBoolean reloadWanted = new AtomicBoolean();
    private final Object wake = new Object();
    private boolean stopping;

    Serving(Path file, Running gateway) {
        this.file = file;
        this.gateway = gateway;
    }

    /** @return the exit code */
    int untilStopped() throws InterruptedException {
        Signal.handle(new Signal("HUP"), signal -> wantReload());
        Signal.handle(new Signal("TERM"), signal -> stop(signal.getName()));
        Signal.handle(new Signal("INT"), signal -> stop(signal.getName()));
        tellWhatIsLost(gateway.settings());
        LOG.info("ready: {} on {}", gateway.settings().hostname(), gateway.addresses());
        while (!awaitStopOrReload()) {
            reload();
        }
        drain();
        return ExitCode.OK;
    }

    private void wantReload() {
        reloadWanted.set(true);
        synchronized (wake) {
            wake.notifyAll();
        }
    }

    private void stop(String signal) {
        synchronized (wake) {
            if (stopping) {
                LOG.warn("SIG{} again: ending at once; content under way is cut without an end", signal);
                Runtime.getRuntime().halt(ExitCode.OK);
            }
            stopping = true;
            LOG.info("SIG{}: draining", signal);
            stop.countDown();
            wake.notifyAll();
        }
    }

    /** @return true to stop, false to reload */
    private boolean awaitStopOrReload() throws InterruptedException {
        synchronized (wake) {
            while (!stopping && !reloadWanted.get()) {
                wake.wait();
            }
            return stopping;
        }
    }

    private void reload() {
        reloadWanted.set(false);
        Loaded loaded = SettingsLoader.load(file);
        if (loaded instanceof Loaded.Invalid invalid) {
            invalid.problems().forEach(problem -> LOG.error("{}", problem));
            LOG.error(
                    "the configuration was not taken over: {} problem(s); everything goes on as before",
                    invalid.problems().size());
            return;
        }
        Loaded.Ok read = (Loaded.Ok) loaded;
        Settings fresh = read.settings();
        List<String> restart = Restart.needsRestart(gateway.settings(), fresh);
        try {
            gateway.reload(read);
            Logging.configure(fresh.log());
            LOG.info("the configuration was read again and holds for new sessions");
            if (!restart.isEmpty()) {
                LOG.warn("these keys hold only after a restart: {}", String.join(", ", restart));
            }
        } catch (IOException e) {
            LOG.error("the configuration was not taken over: {}; everything goes on as before", e.getMessage());
        }
    }

    private void drain() throws InterruptedException {
        Settings settings = gateway.settings();
        // A complete message is waited for until the MTA answers or its own deadline strikes, whatever `drain` says.
        Duration most =
                settings.drain().plus(settings.backend().timeouts().endOfData()).plusSeconds(5);
        try {
            gateway.drain(settings.drain()).get(most.toMillis(), TimeUnit.MILLISECONDS);
            LOG.info("drained");
        } catch (java.util.concurrent.TimeoutException | java.util.concurrent.ExecutionException e) {
            LOG.warn("not everything ended in time: {}", e.toString());
        }
        gateway.close();
    }

    private static void tellWhatIsLost(Settings settings) {
        if (settings.cache().file().isEmpty()) {
            LOG.warn(
                    "cache.file is empty: verdicts, deferral clocks and what the MTA offers are forgotten at a restart");
        }
        if (settings.journal().dir().isEmpty()) {
            LOG.warn(
                    "journal.dir is empty: what became of a message stands only in this log, and countersign trace finds nothing");
        }
    }
}
