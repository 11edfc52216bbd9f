package io.countersign.command.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What was said, paired: each command with the replies that followed it. Made from the lab's transcripts; nothing is added. */
final class Talk {
    /**
     * @param said the command without its end; empty for what the server said first
     * @param heard the lines of the reply; empty if none came
     */
    record Exchange(String said, List<String> heard) {
        Exchange {
            heard = List.copyOf(heard);
        }

        boolean is(String verb) {
            return said.toUpperCase(Locale.ROOT).startsWith(verb);
        }

        /** The last line of the reply; empty if none came. */
        String reply() {
            return heard.isEmpty() ? "" : heard.get(heard.size() - 1);
        }

        /** The reply's code and, where there is one, its enhanced code: {@code 550 5.1.7}. */
        String codes() {
            String[] words = reply().split(" ", 3);
            return words.length > 1 && words[1].matches("[245]\\.\\d{1,3}\\.\\d{1,3}")
                    ? words[0] + " " + words[1]
                    : words[0];
        }
    }

    private Talk() {}

    /** @param lines {@code C: } or {@code S: } in front, as the lab keeps them */
    static List<Exchange> of(List<String> lines) {
        List<Exchange> talk = new ArrayList<>();
        String said = "";
        List<String> heard = new ArrayList<>();
        for (String line : lines) {
            String text = line.substring(Math.min(3, line.length()));
            if (!line.startsWith("C: ")) {
                heard.add(text);
                continue;
            }
            if (!said.isEmpty() || !heard.isEmpty()) {
                talk.add(new Exchange(said, heard));
            }
            said = text.endsWith("\\r\\n") ? text.substring(0, text.length() - 4) : text;
            heard = new ArrayList<>();
        }
        if (!said.isEmpty() || !heard.isEmpty()) {
            talk.add(new Exchange(said, heard));
        }
        return talk;
    }

    /** Without what is the same in every session: greeting, EHLO, 354, RSET, QUIT. All of it if nothing else was said. */
    static List<Exchange> essence(List<Exchange> talk) {
        List<Exchange> essence = new ArrayList<>();
        String before = "";
        for (Exchange exchange : talk) {
            if (exchange.is("DATA") && exchange.reply().startsWith("354")) {
                before = exchange.said() + " ";
            } else if (!isRoutine(exchange)) {
                essence.add(new Exchange(before + exchange.said(), exchange.heard()));
                before = "";
            }
        }
        return essence.isEmpty() ? talk.stream().filter(e -> !e.is("QUIT")).toList() : essence;
    }

    private static boolean isRoutine(Exchange exchange) {
        return exchange.said().isEmpty()
                || exchange.is("EHLO")
                || exchange.is("HELO")
                || exchange.is("RSET")
                || exchange.is("QUIT");
    }
}
