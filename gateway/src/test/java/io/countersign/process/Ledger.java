package io.countersign.process;

import io.countersign.lab.MtaMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What clients were told and what the MTA has, by message number. Thread-safe. */
final class Ledger {
    private static final Pattern NUMBER = Pattern.compile("X-Number: (\\d+)\r\n");
    private static final Pattern END = Pattern.compile("lines=(\\d+) end=(\\d+)\r\n$");

    private final Set<Integer> complete = ConcurrentHashMap.newKeySet();
    private final Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Integer> delivered = new ConcurrentHashMap<>();
    private final Set<String> seen = ConcurrentHashMap.newKeySet();
    private final List<String> halves = new ArrayList<>();
    private final AtomicLong brokenOff = new AtomicLong();
    private final AtomicLong deferred = new AtomicLong();

    /** The client is about to send the last octet of it. */
    void complete(int number) {
        complete.add(number);
    }

    void acknowledged(int number) {
        acknowledged.add(number);
    }

    void brokenOff() {
        brokenOff.incrementAndGet();
    }

    void deferred() {
        deferred.incrementAndGet();
    }

    /** Takes in what the MTA keeps; the same message may be shown again. */
    synchronized void atTheMta(List<MtaMessage> messages) {
        for (MtaMessage message : messages) {
            if (!seen.add(message.queueId())) {
                continue;
            }
            String text = message.content().text();
            Matcher number = NUMBER.matcher(text);
            Matcher end = END.matcher(text);
            if (!number.find()
                    || !end.find()
                    || !number.group(1).equals(end.group(2))
                    || !isWhole(text, end.group(1))) {
                halves.add(text.length() < 400 ? text : text.substring(0, 400) + "…");
            } else {
                delivered.merge(Integer.parseInt(number.group(1)), 1, Integer::sum);
            }
        }
    }

    private static boolean isWhole(String text, String lines) {
        return text.lines().filter(line -> line.startsWith("line ")).count() == Long.parseLong(lines);
    }

    /** Acknowledged to the client, and not at the MTA. */
    List<Integer> lost() {
        return acknowledged.stream()
                .filter(number -> !delivered.containsKey(number))
                .sorted()
                .toList();
    }

    /** At the MTA though the client had not sent all of it. */
    List<Integer> invented() {
        return delivered.keySet().stream()
                .filter(number -> !complete.contains(number))
                .sorted()
                .toList();
    }

    /** At the MTA more than once. */
    List<Integer> doubled() {
        return delivered.entrySet().stream()
                .filter(entry -> entry.getValue() > 1)
                .map(Map.Entry::getKey)
                .toList();
    }

    synchronized List<String> halves() {
        return List.copyOf(halves);
    }

    int acknowledged() {
        return acknowledged.size();
    }

    @Override
    public String toString() {
        return "acknowledged " + acknowledged.size() + ", at the MTA " + delivered.size()
                + " (its word did not reach the client: " + (delivered.size() - acknowledged.size() + lost().size())
                + "), lost " + lost().size() + ", halves " + halves().size() + ", doubled "
                + doubled().size()
                + ", deferred " + deferred + ", connections broken off " + brokenOff;
    }
}
