package io.countersign.lab;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where a server departs from its proper answers: what {@link #hook} says goes first, then {@link #acts}.
 *
 * @param hook empty for a command it has nothing to say about; runs on an event loop and must not block
 */
public record Script(Map<LabStage, Act> acts, Function<Heard, Optional<Act>> hook) {
    static final Script PROPER = new Script(Map.of(), heard -> Optional.empty());

    public Script {
        acts = Map.copyOf(acts);
    }

    Script at(LabStage stage, Act act) {
        Map<LabStage, Act> more = new EnumMap<>(LabStage.class);
        more.putAll(acts);
        more.put(stage, act);
        return new Script(more, hook);
    }

    /** The new hook is asked before the ones there are. */
    Script hook(Function<Heard, Optional<Act>> another) {
        return new Script(acts, heard -> another.apply(heard).or(() -> hook.apply(heard)));
    }

    Optional<Act> find(Heard heard) {
        return hook.apply(heard).or(() -> Optional.ofNullable(acts.get(heard.stage())));
    }
}
