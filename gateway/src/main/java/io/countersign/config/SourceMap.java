package io.countersign.config;

import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import io.countersign.config.HoconScanner.Definition;
import io.countersign.config.HoconScanner.Include;
import io.countersign.config.HoconScanner.Reference;
import io.countersign.config.HoconScanner.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where each key got its value, over all files: the later definition wins, and an included file stands where its
 * {@code include} stands. Finds what can be told from the places alone: keys defined twice in one file, and includes that
 * failed.
 */
final class SourceMap {
    /** A reference with the section into which its file is included: its name is looked up there first. */
    private record Referred(Reference reference, List<String> section, Place place) {}

    private final Sources sources;
    private final Problems problems;
    private final Map<String, Place> places = new HashMap<>();
    private final List<Referred> references = new ArrayList<>();
    private final Set<Integer> examined = new HashSet<>();

    SourceMap(Sources sources, Problems problems) {
        this.sources = sources;
        this.problems = problems;
        add(0, List.of(), new HashSet<>());
    }

    private void add(int file, List<String> section, Set<Integer> open) {
        open.add(file);
        if (examined.add(file)) {
            findDuplicates(file, section);
        }
        for (HoconScanner.Item item : sources.items(file)) {
            if (item instanceof Definition definition) {
                List<String> path = join(section, definition.path());
                Place place = sources.place(file, definition.line());
                for (int i = 1; i < path.size(); i++) {
                    places.putIfAbsent(ConfigUtil.joinPath(path.subList(0, i)), place);
                }
                places.put(ConfigUtil.joinPath(path), place);
            } else if (item instanceof Reference reference) {
                references.add(new Referred(reference, section, sources.place(file, reference.line())));
            } else if (item instanceof Include include) {
                include(file, include, section, open);
            }
        }
        open.remove(file);
    }

    private void include(int file, Include include, List<String> section, Set<Integer> open) {
        Place place = sources.place(file, include.line());
        if (include.file().isEmpty()) {
            problems.add(place, "include", "only files can be included");
            return;
        }
        String name = include.file().get();
        Optional<Integer> included = sources.included(file, name);
        if (included.isEmpty()) {
            problems.add(place, "include", Quoted.of(name) + " " + sources.failure(file, name));
        } else if (open.contains(included.get())) {
            problems.add(place, "include", Quoted.of(name) + " includes itself");
        } else {
            add(included.get(), join(section, include.section()), open);
        }
    }

    private void findDuplicates(int file, List<String> section) {
        Map<List<String>, Definition> first = new HashMap<>();
        for (HoconScanner.Item item : sources.items(file)) {
            if (!(item instanceof Definition definition)) {
                continue;
            }
            Place place = sources.place(file, definition.line());
            List<String> path = definition.path();
            for (int i = 1; i < path.size(); i++) {
                Definition outer = isElement(path.get(i)) ? null : first.get(path.subList(0, i));
                if (outer != null && outer.shape() == Shape.VALUE) {
                    String what = "a value in line " + outer.line() + ", and a section here";
                    problems.add(place, key(join(section, outer.path())), what);
                }
            }
            Definition earlier = first.putIfAbsent(path, definition);
            if (earlier != null && contradicts(earlier.shape(), definition.shape())) {
                problems.add(place, key(join(section, path)), "defined twice, first in line " + earlier.line());
            }
        }
    }

    /** Sections add to one another and to what they refer to; values replace one another, which nobody means in one file. */
    private static boolean contradicts(Shape earlier, Shape later) {
        return switch (later) {
            case REFINEMENT -> false;
            case SECTION -> earlier == Shape.VALUE;
            case REFERENCE -> earlier != Shape.SECTION;
            case VALUE -> true;
        };
    }

    /** A path without the numbers of list elements, as the operator would say it. */
    private static String key(List<String> path) {
        return ConfigUtil.joinPath(path.stream().filter(p -> !isElement(p)).toList());
    }

    private static boolean isElement(String step) {
        return step.startsWith("[");
    }

    private static List<String> join(List<String> section, List<String> path) {
        if (section.isEmpty()) {
            return path;
        }
        List<String> whole = new ArrayList<>(section);
        whole.addAll(path);
        return whole;
    }

    /** Where {@code key} was set or its section first opened. */
    Optional<Place> find(String key) {
        return Optional.ofNullable(places.get(key));
    }

    /** Where {@code key} was set; where it came in through a reference to a section, the line of the value itself. */
    Optional<Place> find(String key, ConfigValue value) {
        return find(key).or(() -> find(value));
    }

    /** The line of the value itself: for what stands in lists. */
    Optional<Place> find(ConfigValue value) {
        return sources.place(value.origin().description());
    }

    /** Whether a reference without question mark names {@code name}. */
    boolean requires(String name) {
        return references.stream().anyMatch(r -> !r.reference().optional() && names(r, name));
    }

    /** Reports the references that found nothing. @param known the keys that exist */
    void reportUnresolved(Set<String> unresolved, Set<String> known) {
        for (Referred referred : references) {
            Reference reference = referred.reference();
            if (!reference.optional() && unresolved.stream().anyMatch(u -> names(referred, u))) {
                problems.add(
                        referred.place(),
                        key(join(referred.section(), reference.key())),
                        "${" + Quoted.bare(reference.name()) + "} is neither a key nor an environment variable"
                                + Suggestion.among(known, reference.name()));
            }
        }
    }

    private static boolean names(Referred referred, String name) {
        String own = referred.reference().name();
        return own.equals(name)
                || !referred.section().isEmpty() && name.equals(ConfigUtil.joinPath(referred.section()) + "." + own);
    }
}
