package io.countersign.admin.http;

import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** What every connection needs. @param gatekeeper that of now */
record HttpServices(
        Routes routes,
        Supplier<Gatekeeper> gatekeeper,
        Executor threads,
        RequestClock.Times times,
        HttpMeters meters) {}
