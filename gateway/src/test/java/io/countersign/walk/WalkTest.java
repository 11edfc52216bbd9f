package io.countersign.walk;

import static org.awaitility.Awaitility.await;

import io.countersign.GatewayStage;
import io.countersign.catalogue.Oracles;
import io.countersign.catalogue.World;
import io.netty.util.LeakPresenceDetector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * Random steps of four clients that share an MTA's connections, with faults of the MTA and of the clients. {@code -Dwalk.steps=N}
 * walks further; a failure names its seed, and {@code -Dwalk.seed=N} walks that world again.
 */
class WalkTest {
    private static final int STEPS_OF_A_WORLD = 1_000;
    private static final int CLIENTS = 4;
    /** What an operator is told when faults stand where connections begin. */
    private static final Predicate<String> MTA_DOWN = line -> line.contains("The MTA cannot be used");

    private static final String ROOMY = World.CHECKS_OFF + """
            listen.limits {
              errors = 1000000, junk-commands = 1000000
              idle = 10s  # who is gone without our seeing it is let go by then
              unknown-recipients { delay = 1000000, refuse = 1000000 }
            }
            """;

    @AfterAll
    static void nothingLeaked() {
        LeakPresenceDetector.check();
    }

    @Test
    void
            PA28_PA39_BE04_BE05_BE06_RP15_random_dialogues_with_faults_on_both_sides_stay_in_step_and_lose_and_add_nothing() {
        Long given = Long.getLong("walk.seed");
        long steps = given == null ? Long.getLong("walk.steps", 10_000) : 1;
        long first = given == null ? System.nanoTime() : given;
        int accepted = 0;
        long seed = first;
        for (long walked = 0; walked < steps; walked += STEPS_OF_A_WORLD) {
            accepted += walk(seed++);
        }
        System.out.printf("walked from seed %d to %d: %d messages accepted%n", first, seed - 1, accepted);
    }

    private static int walk(long seed) {
        Random random = new Random(seed);
        Weather weather = new Weather(random);
        Books books = new Books();
        int step = 0;
        try (World world = World.before(weather.fair(), ROOMY)) {
            GatewayStage stage = world.stage();
            Oracles oracles = world.begin();
            List<WalkClient> clients = new ArrayList<>();
            for (int i = 1; i <= CLIENTS; i++) {
                clients.add(new WalkClient(
                        "127.9.0." + i, stage.gateway().addresses().get(0), random, books, weather));
            }
            for (; step < STEPS_OF_A_WORLD; step++) {
                weather.change(stage.mta);
                if (weather.foul()) {
                    clients.forEach(WalkClient::taint);
                }
                clients.get(random.nextInt(CLIENTS)).step();
            }
            stage.mta.behaviour(weather.fair());
            clients.forEach(WalkClient::end);
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(2))
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> stage.meters
                                    .get("countersign.sessions.open")
                                    .gauge()
                                    .value()
                            == 0);
            // Also who left behind the dot: when the gateway has ended, its messages have.
            stage.stop();
            stage.mta.tallies().open().awaitAtMost(0);
            long messages = stage.mta.tallies().messages().count();
            long ended = stage.mta.tallies().ended().count();
            books.check(stage.mta.messages(), ended);
            oracles.check("seed " + seed, (int) messages, (int) (ended - messages), MTA_DOWN);
            return books.acceptedSoFar();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("-Dwalk.seed=" + seed + ", step " + step + ": " + e.getMessage(), e);
        }
    }
}
