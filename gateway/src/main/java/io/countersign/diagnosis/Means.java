package io.countersign.diagnosis;

import io.countersign.config.Settings;
import io.countersign.dns.ConnectPolicy;
import io.countersign.dns.Exchangers;
import io.countersign.dns.NettyDns;
import io.countersign.dns.ReverseDns;
import io.countersign.limit.CalloutLimits;
import java.net.InetSocketAddress;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/** What the doctor asks with. */
record Means(
        NettyDns dns, Supplier<Exchangers> exchangers, CalloutLimits limits, Telephone telephone, Patience patience) {
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static final int LENGTH = 16;

    ReverseDns reverseDns() {
        return new ReverseDns(dns);
    }

    /** Lists this machine's addresses: not for an event loop. */
    ConnectPolicy policy(Settings settings) {
        return ConnectPolicy.of(
                settings.callout(),
                settings.listen().smtp().stream()
                        .map(a -> new InetSocketAddress(a.host(), a.port()))
                        .toList());
    }

    /** A local part that nobody has. */
    String randomLocalPart() {
        StringBuilder name = new StringBuilder("nobody-");
        for (int i = 0; i < LENGTH; i++) {
            name.append(LETTERS.charAt(ThreadLocalRandom.current().nextInt(LETTERS.length())));
        }
        return name.toString();
    }
}
