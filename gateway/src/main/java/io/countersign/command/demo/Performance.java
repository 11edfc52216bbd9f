package io.countersign.command.demo;

import io.countersign.command.demo.Happened.Witness;
import io.countersign.lab.Lab;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabExchanger;
import io.countersign.lab.LabMta;
import io.countersign.lab.LabReply;
import io.countersign.lab.LabSession;
import io.countersign.lab.MtaMessage;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** One scene while it is played: gives the players their tools and takes down what the witnesses see. One thread. */
final class Performance {
    static final String MTA_IS_DOWN = "cannot be reached";
    static final String BROKE_OFF = "the scene broke off: ";

    private record Guest(Neighbour neighbour, LabClient client) {}

    private final Lab lab;
    private final LabMta mta;
    private final InetSocketAddress gateway;
    private final List<Guest> guests = new ArrayList<>();
    private final Map<LabSession, Integer> heardBefore = new HashMap<>();
    private final List<MtaMessage> arrivedBefore;
    private final List<String> notes = new ArrayList<>();
    private Duration slowest = Duration.ZERO;

    Performance(Lab lab, LabMta mta, InetSocketAddress gateway) {
        this.lab = lab;
        this.mta = mta;
        this.gateway = gateway;
        this.arrivedBefore = mta.messages();
        for (LabExchanger exchanger : lab.exchangers()) {
            exchanger.sessions().forEach(s -> heardBefore.put(s, s.lines().size()));
        }
    }

    LabMta mta() {
        return mta;
    }

    /** Connects as the mail server of that neighbour, reads the greeting and says EHLO. */
    LabClient from(Neighbour neighbour) {
        LabClient client = LabClient.from(neighbour.client(), gateway);
        guests.add(new Guest(neighbour, client));
        client.hello(neighbour.clientName());
        return client;
    }

    /** Sends a line and reads the reply, on the clock. */
    LabReply say(LabClient client, String line) {
        long start = System.nanoTime();
        LabReply reply = client.command(line);
        time(start);
        return reply;
    }

    /** Sends a short message from the neighbour's server as far as it gets. */
    void mail(Neighbour neighbour, String from, String to, String subject) {
        LabClient client = from(neighbour);
        for (String line : List.of("MAIL FROM:<" + from + ">", "RCPT TO:<" + to + ">", "DATA")) {
            if (say(client, line).code() >= 400) {
                return;
            }
        }
        long start = System.nanoTime();
        client.content("From: " + from + "\r\nTo: " + to + "\r\nSubject: " + subject + "\r\n\r\nHello!\r\n");
        time(start);
    }

    /** Stops the MTA, and notes what somebody sees who tries it. */
    void stopMta() {
        mta.stop();
        try (LabClient unwanted = LabClient.to(mta.address())) {
            notes.add("our MTA is still there: " + unwanted.read());
        } catch (UncheckedIOException refused) {
            Throwable why = Objects.requireNonNullElse(refused.getCause(), refused);
            notes.add("our MTA " + MTA_IS_DOWN + ": " + why.getMessage());
        }
    }

    /** @param why its first line is noted; the rest is the transcript, which is shown anyway */
    void brokeOff(RuntimeException why) {
        notes.add(
                BROKE_OFF + String.valueOf(why.getMessage()).lines().findFirst().orElse(""));
    }

    private void time(long start) {
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        slowest = took.compareTo(slowest) > 0 ? took : slowest;
    }

    /** The clients leave; what was seen. */
    Happened end() {
        List<Witness> clients = new ArrayList<>();
        for (Guest guest : guests) {
            guest.client().close();
            clients.add(new Witness(
                    guest.neighbour().clientName(),
                    guest.neighbour().client(),
                    Talk.of(guest.client().transcript())));
        }
        List<Witness> asked = new ArrayList<>();
        for (LabExchanger exchanger : lab.exchangers()) {
            List<String> lines = new ArrayList<>();
            exchanger.sessions().forEach(session -> lines.addAll(saidNow(session)));
            if (!lines.isEmpty()) {
                asked.add(new Witness(
                        exchanger.behaviour().hostname(),
                        exchanger.address().getAddress().getHostAddress(),
                        Talk.of(lines)));
            }
        }
        List<MtaMessage> arrived = mta.messages();
        return new Happened(clients, asked, arrived.subList(arrivedBefore.size(), arrived.size()), notes, slowest);
    }

    /** What was said in this scene; nothing where only an earlier session came to its end. */
    private List<String> saidNow(LabSession session) {
        List<String> all = session.lines();
        Integer before = heardBefore.get(session);
        if (before == null) {
            return all;
        }
        List<String> now = all.subList(before, all.size());
        return now.stream().anyMatch(l -> l.startsWith("C: MAIL") || l.startsWith("C: RCPT")) ? now : List.of();
    }
}
