package io.countersign.dns;

import io.countersign.dns.Dns.MxRecord;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Record;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.Type;

/**
 * A type of record and the value we make of one.
 *
 * @param value null for a record that must not be seen by anybody
 * @param weight about how many octets the value takes in memory
 */
record RecordKind<T>(int type, Function<Record, @Nullable T> value, Function<T, Integer> weight) {
    static final RecordKind<MxRecord> MX =
            new RecordKind<>(Type.MX, RecordKind::mx, mx -> 64 + mx.target().length());
    static final RecordKind<InetAddress> A = new RecordKind<>(Type.A, RecordKind::address, a -> 64);
    static final RecordKind<InetAddress> AAAA = new RecordKind<>(Type.AAAA, RecordKind::address, a -> 96);
    static final RecordKind<String> PTR = new RecordKind<>(Type.PTR, RecordKind::ptr, name -> 56 + name.length());
    static final RecordKind<String> TXT = new RecordKind<>(Type.TXT, RecordKind::txt, text -> 56 + text.length());

    static final RecordKind<String> CNAME = new RecordKind<>(Type.CNAME, RecordKind::cname, name -> 56 + name.length());

    /** Whether a sound record may have no value for us. */
    enum Hiding {
        NEVER,
        /** What stands in it is not printable. */
        POSSIBLE
    }

    Hiding mayHide() {
        return type == Type.PTR || type == Type.TXT ? Hiding.POSSIBLE : Hiding.NEVER;
    }

    private static @Nullable MxRecord mx(Record record) {
        return record instanceof MXRecord mx ? new MxRecord(mx.getPriority(), text(mx.getTarget())) : null;
    }

    private static @Nullable InetAddress address(Record record) {
        InetAddress named = null;
        if (record instanceof ARecord a) {
            named = a.getAddress();
        } else if (record instanceof AAAARecord aaaa) {
            named = aaaa.getAddress();
        }
        if (named == null) {
            return null;
        }
        try {
            // Without the owner's name, which the library attaches and which would turn up in logs as if it were
            // confirmed.
            return InetAddress.getByAddress(named.getAddress());
        } catch (UnknownHostException e) {
            throw new AssertionError("the octets of an address", e);
        }
    }

    private static @Nullable String ptr(Record record) {
        if (!(record instanceof PTRRecord ptr)) {
            return null;
        }
        String name = text(ptr.getTarget());
        return HostNames.isPrintable(name) ? name : null;
    }

    private static @Nullable String cname(Record record) {
        return record instanceof CNAMERecord cname ? text(cname.getTarget()) : null;
    }

    private static @Nullable String txt(Record record) {
        if (!(record instanceof TXTRecord txt)) {
            return null;
        }
        StringBuilder joined = new StringBuilder();
        // The library's list is raw: its elements are octets.
        for (Object part : txt.getStringsAsByteArrays()) {
            joined.append(Question.latin1((byte[]) part));
        }
        return joined.toString();
    }

    /** Lower case without the trailing dot; octets outside the letters of host names are escaped by the library. */
    private static String text(Name name) {
        return name.toString(true).toLowerCase(Locale.ROOT);
    }
}
