package io.countersign.process;

import io.countersign.lab.LabClient;
import io.countersign.lab.LabReply;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** One client that sends numbered messages, and drops its connection where chance says so. Uses one thread. */
final class Courier {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final InetSocketAddress gateway;
    private final Ledger ledger;
    private final AtomicInteger numbers;
    private final int most;
    private final Random random;

    /** @param numbers the last message number given out, shared among all clients */
    Courier(InetSocketAddress gateway, Ledger ledger, AtomicInteger numbers, int most, long seed) {
        this.gateway = gateway;
        this.ledger = ledger;
        this.numbers = numbers;
        this.most = most;
        this.random = new Random(seed);
    }

    /** Until all numbers are given out. */
    void run() {
        while (numbers.get() < most) {
            try (LabClient client = LabClient.from("127.9.0.1", gateway).patience(PATIENCE)) {
                client.hello("client.test");
                int messages = 1 + random.nextInt(5);
                for (int i = 0; i < messages && numbers.get() < most; i++) {
                    if (!deliver(client)) {
                        client.reset();
                        break;
                    }
                }
            } catch (UncheckedIOException | IllegalStateException brokenOff) {
                ledger.brokenOff();
                pause();
            }
        }
    }

    /** As a mail server would, only shorter. */
    private static void pause() {
        LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }

    /** @return false when this connection is to be dropped */
    private boolean deliver(LabClient client) {
        if (client.command("MAIL FROM:<a@b.test>").code() != 250) {
            ledger.deferred();
            return true;
        }
        if (client.command("RCPT TO:<r@example.org>").code() != 250) {
            ledger.deferred();
            client.command("RSET");
            return true;
        }
        if (random.nextInt(20) == 0) {
            return false;
        }
        if (client.command("DATA").code() != 354) {
            ledger.deferred();
            client.command("RSET");
            return true;
        }
        int number = numbers.incrementAndGet();
        String message = message(number);
        if (random.nextInt(10) == 0) {
            client.send(message.substring(0, random.nextInt(message.length())));
            return false;
        }
        ledger.complete(number);
        client.send(message + ".\r\n");
        if (random.nextInt(20) == 0) {
            return false;
        }
        LabReply reply = client.read();
        if (reply.code() == 250) {
            ledger.acknowledged(number);
        } else {
            ledger.deferred();
        }
        return true;
    }

    /** Carries its number at both ends, so that half of it shows. */
    private String message(int number) {
        StringBuilder text = new StringBuilder("X-Number: " + number + "\r\nSubject: run\r\n\r\n");
        int lines = random.nextInt(10) == 0 ? 2_000 : random.nextInt(40);
        for (int i = 0; i < lines; i++) {
            text.append("line ").append(i).append(" of message ").append(number).append("\r\n");
        }
        return text.append("lines=")
                .append(lines)
                .append(" end=")
                .append(number)
                .append("\r\n")
                .toString();
    }
}
