package io.countersign;

import io.countersign.relay.CapabilityMemory;
import io.countersign.smtp.Capabilities;
import io.countersign.verdict.SideTable;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What the MTA offered last, kept over restarts in the cache's file: so that we can answer EHLO while the MTA is down. Thread-safe. */
final class KeptCapabilities implements CapabilityMemory, SideTable {
    private static final int MOST_KEYWORDS = 200;

    private final AtomicLong changes = new AtomicLong();
    private volatile @Nullable Capabilities last;

    @Override
    public Optional<Capabilities> load() {
        return Optional.ofNullable(last);
    }

    @Override
    public void save(Capabilities learnt) {
        last = learnt;
        changes.incrementAndGet();
    }

    @Override
    public String name() {
        return "mta-capabilities";
    }

    @Override
    public long changes() {
        return changes.get();
    }

    @Override
    public void save(DataOutput out) throws IOException {
        Capabilities known = last;
        out.writeBoolean(known != null);
        if (known != null) {
            out.writeUTF(known.greetingName());
            out.writeInt(known.keywords().size());
            for (Map.Entry<String, String> keyword : known.keywords().entrySet()) {
                out.writeUTF(keyword.getKey());
                out.writeUTF(keyword.getValue());
            }
        }
    }

    @Override
    public void restore(DataInput in, Duration down) throws IOException {
        if (!in.readBoolean()) {
            return;
        }
        String name = in.readUTF();
        int number = in.readInt();
        if (number < 0 || number > MOST_KEYWORDS) {
            throw new IOException("a reply to EHLO with " + number + " keywords");
        }
        Map<String, String> keywords = new LinkedHashMap<>();
        for (int i = 0; i < number; i++) {
            keywords.put(in.readUTF(), in.readUTF());
        }
        try {
            last = new Capabilities(name, keywords);
        } catch (IllegalArgumentException e) {
            throw new IOException("no capabilities: " + e.getMessage(), e);
        }
    }
}
