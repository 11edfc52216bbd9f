package io.countersign.catalogue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A gateway before a strict MTA and one before a lax MTA, for all tests of a class: {@code @RegisterExtension static final Worlds
 * WORLDS = Worlds.with(World.CHECKS_OFF)}. A dialogue is played in both.
 */
public final class Worlds implements BeforeAllCallback, AfterAllCallback {
    private final String configuration;
    private final List<World> worlds = new ArrayList<>();

    private Worlds(String configuration) {
        this.configuration = configuration;
    }

    public static Worlds with(String configuration) {
        return new Worlds(configuration);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        worlds.add(World.strict(configuration));
        worlds.add(World.lax(configuration));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        worlds.forEach(World::close);
        worlds.clear();
    }

    public World strict() {
        return worlds.get(0);
    }

    public World lax() {
        return worlds.get(1);
    }

    public void each(Consumer<World> play) {
        worlds.forEach(play);
    }

    public void play(Dialogue dialogue) {
        each(world -> world.play(dialogue));
    }
}
