package io.countersign.diagnosis;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

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

    /** False when something could not be found out. */
    public boolean isComplete() {
        return lines.stream().allMatch(Line::isAnswered);
    }
}
