package io.countersign;

import io.countersign.admin.Admin;
import io.countersign.admin.AskingRoutes;
import io.countersign.admin.DecisionFeed;
import io.countersign.admin.DoctorRoutes;
import io.countersign.admin.DomainRoutes;
import io.countersign.admin.ExemptionRoutes;
import io.countersign.admin.Exemptions;
import io.countersign.admin.HealthRoutes;
import io.countersign.admin.LimitRoutes;
import io.countersign.admin.MemoryRoutes;
import io.countersign.admin.Metrics;
import io.countersign.admin.Readiness;
import io.countersign.admin.RoomMeters;
import io.countersign.admin.SettingsRoutes;
import io.countersign.admin.StatusRoutes;
import io.countersign.admin.TokenFiles;
import io.countersign.admin.TraceRoutes;
import io.countersign.admin.Traffic;
import io.countersign.admin.http.Route;
import io.countersign.command.Logging;
import io.countersign.command.Version;
import io.countersign.config.Settings;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.config.Shown;
import io.countersign.diagnosis.Doctor;
import io.countersign.edge.Edge;
import io.countersign.journal.JournalReader;
import io.countersign.journal.SqliteReader;
import io.countersign.net.Transport;
import io.countersign.overload.Overload;
import io.countersign.relay.Mta;
import io.countersign.verdict.VerdictCache;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The admin interface of a gateway, put together: what is watched, what can be asked, what can be changed while it runs. */
final class Administration implements AutoCloseable {
    /** How often the ends of exemptions are looked at. */
    private static final Duration TIDY = Duration.ofSeconds(1);

    /** Where it runs. */
    record House(Transport transport, MeterRegistry meters) {}

    /** What it shows. */
    record Rooms(VerdictCache cache, Outside outside, Mta mta, Edge edge, Overload overload, Advisers advisers) {}

    /** Who is asked for it. */
    record Advisers(Questions questions, Doctor doctor) {}

    private final SharedSettings settings;
    private final Rooms rooms;
    private final Readiness readiness;
    private final Exemptions exemptions;
    private final Admin admin;
    /** The stream of decisions, and ends of exemptions: moments of work, beside the event loops. */
    private final ScheduledExecutorService clock = clock();

    private final Optional<JournalReader> journal;
    private volatile List<Shown> effective = List.of();

    Administration(House house, SharedSettings settings, Rooms rooms, DecisionFeed feed, Traffic traffic) {
        this.settings = settings;
        this.rooms = rooms;
        this.readiness = new Readiness(this::overload);
        this.journal = settings.get().journal().dir().map(SqliteReader::new);
        this.exemptions = new Exemptions(Instant::now, settings::exempt);
        Metrics.bindProcess(
                house.meters(), Version.text(), house.transport().kind().name());
        new RoomMeters(house.meters())
                .cache(rooms.cache())
                .callouts(rooms.outside().callouts())
                .dns(rooms.outside().dns().counters())
                .backend(rooms.mta())
                .readiness(readiness);
        this.admin = new Admin(house.transport(), routes(house, feed, traffic), house.meters(), TokenFiles.here());
        feed.use(clock);
    }

    private static ScheduledExecutorService clock() {
        return new ScheduledThreadPoolExecutor(1, work -> {
            Thread thread = new Thread(work, "admin-clock");
            thread.setDaemon(true);
            return thread;
        });
    }

    private List<Route> routes(House house, DecisionFeed feed, Traffic traffic) {
        Outside outside = rooms.outside();
        List<Route> routes = new ArrayList<>();
        routes.addAll(new HealthRoutes(readiness, rooms.mta(), house.meters()).routes());
        routes.addAll(new StatusRoutes(
                        new StatusRoutes.Program(Version.text(), settings.get().hostname(), Instant.now()),
                        new StatusRoutes.Watched(readiness, rooms.mta(), rooms.overload()::lag, this::degraded),
                        house.meters(),
                        traffic)
                .routes());
        routes.addAll(feed.routes());
        routes.addAll(new TraceRoutes(journal).routes());
        routes.addAll(new MemoryRoutes(rooms.cache(), outside.facts()::forget).routes());
        routes.addAll(new AskingRoutes(
                        address -> rooms.advisers().questions().ask(address).toFuture())
                .routes());
        routes.addAll(new DoctorRoutes(rooms.advisers().doctor()).routes());
        routes.addAll(new DomainRoutes(settings, outside::exchangers, outside.facts(), outside.limits()).routes());
        routes.addAll(new LimitRoutes(outside.limits()).routes());
        routes.addAll(new SettingsRoutes(() -> effective, Logging.levels()).routes());
        routes.addAll(new ExemptionRoutes(exemptions, Instant::now).routes());
        return routes;
    }

    /** Listens, before anything else does: it can be seen that the rest is starting. @throws IOException in words for the operator */
    void start(Loaded.Ok configuration) throws IOException {
        apply(configuration);
        clock.scheduleWithFixedDelay(exemptions::tidy, TIDY.toMillis(), TIDY.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** @throws IOException in words for the operator; then everything is as before */
    void apply(Loaded.Ok configuration) throws IOException {
        Settings fresh = configuration.settings();
        admin.apply(fresh);
        effective = configuration.effective();
        exemptions.load(fresh.exempt().overlay());
    }

    void enter(Readiness.Phase phase) {
        readiness.enter(phase);
    }

    private @Nullable String overload() {
        String wall = rooms.overload().obstacle();
        if (wall != null) {
            return wall;
        }
        int most = settings.get().listen().limits().connections();
        return rooms.edge().openSessions() >= most ? "overloaded: all " + most + " connections are taken" : null;
    }

    private List<String> degraded() {
        List<String> degraded = new ArrayList<>();
        if (rooms.mta().health() == Mta.Health.DOWN) {
            degraded.add("the MTA cannot be reached: mail is deferred, known recipients are answered from memory");
        }
        if (rooms.mta().capabilities().isEmpty()) {
            degraded.add("the MTA was never seen: clients get 421");
        }
        if (settings.get().cache().file().isEmpty()) {
            degraded.add("cache.file is empty: what was learnt is lost at a restart");
        }
        return degraded;
    }

    /** For whoever started it at a terminal; under systemd standard output goes into the log, where a token does not belong. */
    List<String> welcome() {
        boolean logged = System.getenv("JOURNAL_STREAM") != null;
        if (logged && admin.tokenFile().isPresent()) {
            Path file = admin.tokenFile().get();
            return List.of("web page: the token is in " + file);
        }
        return admin.page().map(page -> List.of("web page: " + page)).orElse(List.of());
    }

    Admin admin() {
        return admin;
    }

    @Override
    public void close() {
        clock.shutdownNow();
        admin.close();
        journal.ifPresent(JournalReader::close);
    }
}
