package io.countersign.guard;

import io.netty.util.LeakPresenceDetector;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * On every test class, without being named there (META-INF/services): a mishap fails the test during which it came to light, a
 * buffer that was never released fails the class.
 */
public final class TestGuard implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        Mishaps.watch();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        failFor(Mishaps.take());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        boolean nested =
                context.getParent().flatMap(ExtensionContext::getTestClass).isPresent();
        if (nested) {
            return; // what belongs to the class around it still lives
        }
        List<Throwable> mishaps = Mishaps.take();
        LeakPresenceDetector.check();
        failFor(mishaps);
    }

    private static void failFor(List<Throwable> mishaps) {
        if (!mishaps.isEmpty()) {
            AssertionError failure = new AssertionError(mishaps.size() + " mishap(s) that no test saw", mishaps.get(0));
            mishaps.stream().skip(1).limit(10).forEach(failure::addSuppressed);
            throw failure;
        }
    }
}
