package io.countersign.dns;

import io.countersign.dns.Dns.MxRecord;
import io.countersign.dns.Reading.Records;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/** Fuzz target: the octets of a name server's answer to an MX question, to the exchangers that would be dialled. */
public final class ExchangersFuzz {
    private static final Question MX = Question.of("a.test", Type.MX).orElseThrow();
    private static final ConnectPolicy POLICY =
            new ConnectPolicy(InetAddress::isLoopbackAddress, allowed -> false, List.of(), 25);
    private static final Pattern HOST = Pattern.compile("[a-z0-9_.-]{1,253}");

    private ExchangersFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        Reading reading = AnswerReader.read(data, MX, 0);
        if (!(reading instanceof Records records)) {
            return;
        }
        List<MxRecord> mx = new ArrayList<>();
        for (Record record : records.records()) {
            MxRecord value = RecordKind.MX.value().apply(record);
            if (value != null) {
                mx.add(value);
            }
        }
        Lookup<MxRecord> lookup = NettyDns.lookup(RecordKind.MX, reading, mx);
        if (lookup.kind() == Lookup.Kind.NO_DATA) {
            throw new AssertionError("records were found, and there are none");
        }
        FakeDns dns = new FakeDns().put("MX", "a.test", lookup).a("mx.a.test", "127.0.0.1", "192.0.2.1");
        Exchangers exchangers = new Exchangers(dns, ResolverProof.none(dns), POLICY, 5);
        ExchangerSet set = Objects.requireNonNull(exchangers.of("a.test").block());
        if (set instanceof ExchangerSet.Found found) {
            if (found.exchangers().isEmpty() || found.exchangers().size() > Exchangers.MAX_EXCHANGERS) {
                throw new AssertionError(found.exchangers().size() + " exchangers");
            }
            for (String name : found.exchangers()) {
                if (!HOST.matcher(name).matches()) {
                    throw new AssertionError("no host name: " + name);
                }
                ExchangerAddresses addresses =
                        Objects.requireNonNull(exchangers.addresses(name).block());
                if (addresses instanceof ExchangerAddresses.Found dialled) {
                    for (InetAddress address : dialled.addresses()) {
                        if (address.isLoopbackAddress()) {
                            throw new AssertionError("would dial ourselves");
                        }
                    }
                }
            }
        }
    }
}
