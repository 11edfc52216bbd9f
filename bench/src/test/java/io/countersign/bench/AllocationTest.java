package io.countersign.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What the hot path allocates stays within its limits, in octets an operation. The benchmarks' own methods are called; counted is
 * what the thread allocated, which hardly depends on the machine. The limits are half as much again as was measured on JDK 17, with
 * the last compiler still cold: who needs more says why, and raises them here.
 */
class AllocationTest {
    private static final int WARM_UP = 20_000;
    private static final int OPERATIONS = 20_000;

    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static volatile Object sink = "";

    private record Limit(String what, Supplier<Object> operation, long octets) {}

    @TestFactory
    Stream<DynamicTest> what_one_operation_allocates_stays_within_its_limit() {
        CommandParsing commands = new CommandParsing();
        ReplyPrinting printing = new ReplyPrinting();
        SenderDecision decisions = new SenderDecision();
        decisions.learn();
        VerdictLookup verdicts = new VerdictLookup();
        verdicts.fill();
        LimitPermit limits = new LimitPermit();
        return Stream.of(
                        new Limit("parse MAIL", commands::mail, 720),
                        new Limit("parse RCPT", commands::rcpt, 560),
                        new Limit("parse EHLO", commands::ehlo, 160),
                        new Limit("parse DATA", commands::data, 16),
                        new Limit("print a short reply", printing::shortReply, 480),
                        new Limit("print a refusal", printing::refusal, 800),
                        new Limit("look a verdict up", verdicts::hit, 136),
                        new Limit("a permit for a dial", limits::dial, 2560),
                        new Limit("decide to accept", decisions::accept, 64),
                        new Limit("RCPT of a known sender, whole", decisions::rcptFromMemory, 1200))
                .map(limit -> DynamicTest.dynamicTest(limit.what(), () -> {
                    long measured = perOperation(limit.operation());
                    assertThat(measured).as(limit.what()).isLessThanOrEqualTo(limit.octets());
                }));
    }

    private static long perOperation(Supplier<Object> operation) {
        run(operation, WARM_UP);
        long before = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
        run(operation, OPERATIONS);
        return (THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - before) / OPERATIONS;
    }

    private static void run(Supplier<Object> operation, int times) {
        for (int i = 0; i < times; i++) {
            Object result = operation.get();
            if (result == null) {
                throw new IllegalStateException("nothing came of it");
            }
            sink = result;
        }
    }
}
