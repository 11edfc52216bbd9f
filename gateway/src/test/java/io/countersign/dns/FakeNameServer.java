package io.countersign.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** A name server on loopback that does what a script says, by UDP and TCP on one port. */
final class FakeNameServer implements AutoCloseable {
    /** One query as it came; a script answers it at once, later, several times, or not at all. */
    interface Query {
        Message message();

        boolean tcp();

        /** Where the query came from: for UDP the port that our side uses. */
        InetSocketAddress from();

        void send(byte[] octets);

        /** For TCP: octets without the length in front. */
        void sendRaw(byte[] octets);

        default void send(Message answer) {
            send(answer.toWire());
        }

        default String name() {
            return message().getQuestion().getName().toString(true);
        }

        default int type() {
            return message().getQuestion().getType();
        }
    }

    private final DatagramSocket udp;
    private final ServerSocket tcp;
    private final int port;
    private final Consumer<Query> script;
    private final List<Query> queries = new CopyOnWriteArrayList<>();
    private final AtomicInteger openConnections = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();

    FakeNameServer(Consumer<Query> script) {
        this.script = script;
        try {
            InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            ServerSocket listener = null;
            DatagramSocket datagrams = null;
            for (int i = 0; i < 50 && datagrams == null; i++) {
                listener = new ServerSocket(0, 50, loopback);
                try {
                    datagrams = new DatagramSocket(new InetSocketAddress(loopback, listener.getLocalPort()));
                } catch (SocketException taken) {
                    listener.close();
                }
            }
            if (datagrams == null || listener == null) {
                throw new IOException("no port free for both UDP and TCP");
            }
            udp = datagrams;
            tcp = listener;
            port = datagrams.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon("fake-dns-udp", this::serveUdp);
        daemon("fake-dns-tcp", this::serveTcp);
    }

    int port() {
        return port;
    }

    List<Query> queries() {
        return queries;
    }

    int openConnections() {
        return openConnections.get();
    }

    int connections() {
        return connections.get();
    }

    /** From now on TCP connections are refused. */
    void closeTcp() {
        try {
            tcp.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        udp.close();
        closeTcp();
    }

    private void serveUdp() {
        byte[] buffer = new byte[65_535];
        while (!udp.isClosed()) {
            DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
            try {
                udp.receive(packet);
                byte[] octets = java.util.Arrays.copyOf(buffer, packet.getLength());
                InetSocketAddress from = (InetSocketAddress) packet.getSocketAddress();
                take(new Received(new Message(octets), false, from) {
                    @Override
                    public void send(byte[] answer) {
                        sendRaw(answer);
                    }

                    @Override
                    public void sendRaw(byte[] answer) {
                        try {
                            udp.send(new DatagramPacket(answer, answer.length, from));
                        } catch (IOException e) {
                            // The socket was closed at the end of a test, or the other side's was: nobody waits any
                            // more.
                            ended(e);
                        }
                    }
                });
            } catch (IOException e) {
                ended(e);
            }
        }
    }

    private void serveTcp() {
        while (!tcp.isClosed()) {
            try {
                Socket socket = tcp.accept();
                connections.incrementAndGet();
                openConnections.incrementAndGet();
                daemon("fake-dns-connection", () -> serveConnection(socket));
            } catch (IOException e) {
                ended(e);
            }
        }
    }

    private void serveConnection(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            while (true) {
                byte[] octets = new byte[in.readUnsignedShort()];
                in.readFully(octets);
                take(new Received(new Message(octets), true, (InetSocketAddress) socket.getRemoteSocketAddress()) {
                    @Override
                    public void send(byte[] answer) {
                        try {
                            out.writeShort(answer.length);
                            out.write(answer);
                            out.flush();
                        } catch (IOException e) {
                            ended(e);
                        }
                    }

                    @Override
                    public void sendRaw(byte[] answer) {
                        try {
                            out.write(answer);
                            out.flush();
                        } catch (IOException e) {
                            ended(e);
                        }
                    }
                });
            }
        } catch (IOException e) {
            ended(e);
        } finally {
            openConnections.decrementAndGet();
        }
    }

    private void take(Query query) {
        queries.add(query);
        script.accept(query);
    }

    /** Connections end in exceptions here by their nature; what counts is what our side made of it. */
    private static void ended(IOException e) {
        if (e.getMessage() != null && e.getMessage().contains("Message too long")) {
            throw new UncheckedIOException(e);
        }
    }

    private static void daemon(String name, Runnable body) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        thread.start();
    }

    private abstract static class Received implements Query {
        private final Message message;
        private final boolean tcp;
        private final InetSocketAddress from;

        Received(Message message, boolean tcp, InetSocketAddress from) {
            this.message = message;
            this.tcp = tcp;
            this.from = from;
        }

        @Override
        public Message message() {
            return message;
        }

        @Override
        public boolean tcp() {
            return tcp;
        }

        @Override
        public InetSocketAddress from() {
            return from;
        }
    }

    /** An empty NOERROR answer to the query, recursion available. */
    static Message reply(Query query) {
        return reply(query, Rcode.NOERROR);
    }

    static Message reply(Query query, int rcode) {
        Message answer = new Message(query.message().getHeader().getID());
        answer.getHeader().setFlag(Flags.QR);
        answer.getHeader().setFlag(Flags.RD);
        answer.getHeader().setFlag(Flags.RA);
        answer.getHeader().setRcode(rcode);
        answer.addRecord(query.message().getQuestion(), Section.QUESTION);
        return answer;
    }

    /** Adds {@code name ttl type data} to the answer section. */
    static Message with(Message answer, String name, long ttl, String type, String data) {
        return with(answer, Section.ANSWER, name, ttl, type, data);
    }

    static Message with(Message answer, int section, String name, long ttl, String type, String data) {
        try {
            answer.addRecord(
                    Record.fromString(
                            Name.fromString(name, Name.root), Type.value(type), DClass.IN, ttl, data, Name.root),
                    section);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return answer;
    }

    /** A negative answer with an SOA. */
    static Message negative(Query query, int rcode, long soaTtl, long minimum) {
        return with(
                reply(query, rcode),
                Section.AUTHORITY,
                "test",
                soaTtl,
                "SOA",
                "ns.test. hostmaster.test. 1 3600 600 86400 " + minimum);
    }
}
