package io.countersign.bench.load;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.Arrays;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * A name server for which every domain exists: its exchanger is {@code mx.fast.test} (127.1.0.1), or {@code mx.slow.test} (127.1.0.2)
 * below {@code slow.test}. One thread of its own; ends with {@link #close}.
 */
final class NameSink implements AutoCloseable {
    private static final long TTL = 3600;

    private final DatagramSocket socket;

    NameSink() throws SocketException {
        socket = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0));
        Thread thread = new Thread(this::serve, "names");
        thread.setDaemon(true);
        thread.start();
    }

    /** As {@code dns.servers} wants it. */
    String server() {
        return "127.0.0.1:" + socket.getLocalPort();
    }

    private void serve() {
        byte[] octets = new byte[2048];
        while (!socket.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(octets, octets.length);
                socket.receive(packet);
                byte[] answer = answer(Arrays.copyOf(octets, packet.getLength()));
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    throw new IllegalStateException("the name server of the bench failed", e);
                }
            }
        }
    }

    private static byte[] answer(byte[] query) throws IOException {
        Message asked = new Message(query);
        Record question = asked.getQuestion();
        Message answer = new Message(asked.getHeader().getID());
        answer.getHeader().setFlag(Flags.QR);
        answer.getHeader().setFlag(Flags.RA);
        answer.addRecord(question, Section.QUESTION);
        Name name = question.getName();
        Record found = switch (question.getType()) {
            case Type.MX -> new MXRecord(name, DClass.IN, TTL, 10, Name.fromString(exchanger(name)));
            case Type.A -> new ARecord(name, DClass.IN, TTL, InetAddress.getByName(address(name)));
            case Type.PTR -> new PTRRecord(name, DClass.IN, TTL, Name.fromString("client.fast.test."));
            default -> null;
        };
        if (found != null) {
            answer.addRecord(found, Section.ANSWER);
        }
        return answer.toWire();
    }

    private static String exchanger(Name domain) {
        return domain.toString().endsWith(".slow.test.") ? "mx.slow.test." : "mx.fast.test.";
    }

    private static String address(Name host) {
        return switch (host.toString()) {
            case "mx.slow.test." -> SmtpSink.SLOW;
            case "mx.fast.test." -> SmtpSink.FAST;
            default -> "127.0.0.1";
        };
    }

    @Override
    public void close() {
        socket.close();
    }
}
