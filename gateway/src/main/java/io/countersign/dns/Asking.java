package io.countersign.dns;

import io.countersign.dns.Question.Edns;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Rcode;

/**
 * One question on its way: which server is tried when, until one answers or the time is up. A try that is overdue is not given
 * up: the next one starts beside it, and whichever answers first counts, so that a resolver that needs nearly all of the time
 * is still heard. Confined to its event loop.
 */
final class Asking implements Exchange.Listener {
    private final DnsLoop loop;
    private final List<NameServer> servers;
    private final Consumer<Reading> result;
    private final int tries;
    private final long deadline;
    private final List<Exchange> open = new ArrayList<>(4);
    private final List<NameServer> struck = new ArrayList<>(2);

    private Question question;
    private int hops;
    private long ttl = Long.MAX_VALUE;
    private int next;
    private @Nullable Exchange latest;
    private @Nullable NameServer plain;
    private @Nullable Future<?> timer;
    private String lastFault = "";
    private boolean ended;

    /** @param result called once, on the loop */
    private Asking(DnsLoop loop, Question question, List<NameServer> servers, Limits limits, Consumer<Reading> result) {
        this.loop = loop;
        this.question = question;
        this.servers = servers;
        this.result = result;
        this.tries = limits.attempts() * servers.size();
        this.deadline = System.nanoTime() + limits.timeout().toNanos();
    }

    /** Call it on the loop; {@code result} may be called before it returns. */
    static void start(
            DnsLoop loop, Question question, List<NameServer> servers, Limits limits, Consumer<Reading> result) {
        new Asking(loop, question, servers, limits, result).nextTry();
    }

    private void nextTry() {
        if (loop.isClosed()) {
            fail("shut down");
            return;
        }
        while (next < tries) {
            NameServer server = servers.get(next++ % servers.size());
            if (!struck.contains(server)) {
                send(server, server.edns());
                // What is left is shared among the tries that are left; the last one gets all of it.
                setTimer((deadline - System.nanoTime()) / (tries - next + 1));
                return;
            }
        }
        if (open.isEmpty()) {
            fail(lastFault.isEmpty() ? "no name server could be asked" : lastFault);
        } else {
            setTimer(deadline - System.nanoTime());
        }
    }

    private void send(NameServer server, Edns edns) {
        Exchange exchange = loop.port(server).ask(question, edns, this);
        open.add(exchange);
        latest = exchange;
    }

    private void setTimer(long nanos) {
        stopTimer();
        timer = loop.eventLoop().schedule(this::overdue, Math.max(nanos, 0), TimeUnit.NANOSECONDS);
    }

    private void overdue() {
        if (ended) {
            return;
        }
        if (latest != null && open.contains(latest)) {
            latest.server().missed();
            lastFault = "no answer from " + latest.server();
        }
        if (deadline - System.nanoTime() <= 0) {
            fail(lastFault.isEmpty() ? "out of time" : lastFault);
        } else {
            nextTry();
        }
    }

    @Override
    public void answered(Exchange exchange, byte[] message) {
        if (!open.remove(exchange)) {
            return;
        }
        exchange.server().answered();
        Reading reading = AnswerReader.read(message, question, hops);
        if (reading instanceof Reading.Fault fault) {
            fault(exchange, fault);
        } else if (reading instanceof Reading.Alias alias) {
            follow(alias);
        } else {
            if (exchange.server() == plain) {
                plain.dislikesEdns();
            }
            end(reading);
        }
    }

    private void fault(Exchange exchange, Reading.Fault fault) {
        boolean aboutEdns =
                fault.rcode() == Rcode.FORMERR || fault.rcode() == Rcode.NOTIMP || fault.rcode() == Rcode.BADVERS;
        if (aboutEdns && exchange.edns() == Edns.ON) {
            plain = exchange.server();
            send(exchange.server(), Edns.OFF);
            return;
        }
        lastFault = fault.why() + " from " + exchange.server();
        strike(exchange);
    }

    @Override
    public void truncated(Exchange exchange) {
        if (!open.remove(exchange)) {
            return;
        }
        NameServer server = exchange.server();
        server.answered();
        loop.counters().truncated();
        for (Exchange other : open) {
            if (other instanceof TcpExchange && other.server() == server) {
                return;
            }
        }
        if (!loop.acquireTcp()) {
            lastFault = "too many TCP questions in flight";
            strike(exchange);
            return;
        }
        Exchange tcp = TcpExchange.start(loop, server, question, exchange.edns(), this);
        open.add(tcp);
        latest = tcp;
    }

    @Override
    public void broken(Exchange exchange, String why) {
        if (!open.remove(exchange)) {
            return;
        }
        exchange.server().missed();
        lastFault = exchange.server() + ": " + why;
        strike(exchange);
    }

    /** A server that gave a definite bad answer is not asked the same thing again. */
    private void strike(Exchange exchange) {
        struck.add(exchange.server());
        if (exchange == latest || open.isEmpty()) {
            nextTry();
        }
    }

    private void follow(Reading.Alias alias) {
        dropAll();
        question = question.withName(alias.target());
        hops = alias.hops();
        ttl = Math.min(ttl, alias.ttl());
        next = 0;
        struck.clear();
        nextTry();
    }

    private void fail(String why) {
        end(new Reading.Dead(why));
    }

    private void end(Reading reading) {
        if (ended) {
            return;
        }
        ended = true;
        stopTimer();
        dropAll();
        result.accept(withTtl(reading));
    }

    /** The aliases on the way bound how long the answer may be kept. */
    private Reading withTtl(Reading reading) {
        if (reading instanceof Reading.Records records) {
            return new Reading.Records(records.records(), Math.min(ttl, records.ttl()));
        }
        if (reading instanceof Reading.NoName none) {
            return new Reading.NoName(Math.min(ttl, none.ttl()));
        }
        if (reading instanceof Reading.NoRecords none) {
            return new Reading.NoRecords(Math.min(ttl, none.ttl()));
        }
        return reading;
    }

    private void dropAll() {
        List<Exchange> dropped = List.copyOf(open);
        open.clear();
        latest = null;
        dropped.forEach(Exchange::drop);
    }

    private void stopTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    /**
     * @param timeout for the whole question, aliases and fail-over included
     * @param attempts rounds over the servers, at least 1
     */
    record Limits(Duration timeout, int attempts) {}
}
