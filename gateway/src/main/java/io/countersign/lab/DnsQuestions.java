package io.countersign.lab;

import io.countersign.lab.LabDns.Question;
import io.countersign.lab.LabDns.Transport;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/** What a {@link LabDns} was asked. */
final class DnsQuestions {
    private static final int KEPT = 10_000;

    private record Key(Name name, int type) {}

    private final Tally all = new Tally("DNS questions");
    private final Map<Key, Long> counts = new HashMap<>();
    private final Deque<Question> last = new ArrayDeque<>();
    private volatile boolean names = true;

    void add(Record question, Transport transport) {
        if (names) {
            synchronized (this) {
                counts.merge(new Key(question.getName(), question.getType()), 1L, Long::sum);
                counts.merge(new Key(question.getName(), Type.ANY), 1L, Long::sum);
                if (last.size() == KEPT) {
                    last.removeFirst();
                }
                last.addLast(
                        new Question(question.getName().toString(true), Type.string(question.getType()), transport));
            }
        }
        // Last, so that whoever waits for the number finds the name as well.
        all.up();
    }

    Tally all() {
        return all;
    }

    synchronized long count(Name name, int type) {
        return counts.getOrDefault(new Key(name, type), 0L);
    }

    synchronized List<Question> last() {
        return new ArrayList<>(last);
    }

    synchronized void clear() {
        counts.clear();
        last.clear();
    }

    void keepNoNames() {
        names = false;
    }
}
