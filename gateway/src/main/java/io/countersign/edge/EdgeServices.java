package io.countersign.edge;

import io.countersign.check.Checks;
import io.countersign.config.Settings;
import io.countersign.journal.Journal;
import io.countersign.overload.Overload;
import io.countersign.relay.Mta;
import java.util.function.Supplier;

/** What every session needs. @param settings those of now: a session keeps the ones it began with */
record EdgeServices(
        Supplier<Settings> settings,
        Mta mta,
        Checks checks,
        Journal journal,
        EdgeMetrics metrics,
        ClientTls tls,
        Overload overload,
        Sessions sessions,
        ConnectionCounts counts,
        Harvesters harvesters,
        TransactionIds ids) {}
