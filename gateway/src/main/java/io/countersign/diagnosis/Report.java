package io.countersign.diagnosis;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the doctor found.
 *
 * @param subject the domain, or {@link #OURSELVES}
 * @param lines in the order of the examination
 */
public record Report(String subject, List<Line> lines) {
    /** The subject of a report about our own name and the MTA. */
    public static final String OURSELVES = "this gateway";

    public Report {
        lines = List.copyOf(lines);
    }

    /** What is wrong. */
    public Set<Fault> faults() {
        Set<Fault> faults = EnumSet.noneOf(Fault.class);
        for (Line line : lines) {
            if (line.fault() != null) {
                faults.add(line.fault());
            }
        }
        return faults;
    }

    /** The worst of its lines. */
    public Level level() {
        Level worst = Level.OK;
        for (Line line : lines) {
            worst = line.level().compareTo(worst) > 0 ? line.level() : worst;
        }
        return worst;
    }

    /** As JSON shows it, on the command line and over the admin interface. {@link #of} reads it. */
    public Map<String, @Nullable Object> view() {
        Map<String, @Nullable Object> view = new LinkedHashMap<>();
        view.put("subject", subject);
        view.put("level", level().name());
        view.put("complete", isComplete());
        view.put("lines", lines.stream().map(Line::view).toList());
        return view;
    }

    /** Reads what {@link #view} shows. @throws IllegalArgumentException when it is something else, or of another version */
    public static Report of(Map<?, ?> view) {
        if (!(view.get("subject") instanceof String subject) || !(view.get("lines") instanceof List<?> shown)) {
            throw new IllegalArgumentException("no report");
        }
        List<Line> lines = new ArrayList<>();
        for (Object one : shown) {
            if (!(one instanceof Map<?, ?> line)) {
                throw new IllegalArgumentException("no line of a report");
            }
            lines.add(Line.of(line));
        }
        return new Report(subject, lines);
    }

    /** False when something could not be found out. */
    public boolean isComplete() {
        return lines.stream().allMatch(Line::isAnswered);
    }
}
