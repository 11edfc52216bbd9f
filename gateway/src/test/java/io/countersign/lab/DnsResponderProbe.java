package io.countersign.lab;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.util.ArrayList;
import java.util.List;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** Asks a question with id 7 over a plain socket and takes every datagram that comes, right or wrong. */
final class DnsResponderProbe {
    private final LabDns dns;

    DnsResponderProbe(LabDns dns) {
        this.dns = dns;
    }

    /** @throws IOException also when a datagram is no DNS message */
    List<Message> ask(String name) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout((int) Tally.PATIENCE.toMillis());
            send(socket, 7, name);
            // The answer to a second question says that all of the first have come.
            send(socket, 8, "end.test");
            List<Message> answers = new ArrayList<>();
            while (true) {
                DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
                socket.receive(packet);
                Message answer = new Message(java.util.Arrays.copyOf(packet.getData(), packet.getLength()));
                if (answer.getHeader().getID() == 8) {
                    return answers;
                }
                answers.add(answer);
            }
        }
    }

    private void send(DatagramSocket socket, int id, String name) throws IOException {
        Message query = new Message(id);
        query.addRecord(Record.newRecord(Name.fromString(name, Name.root), Type.MX, DClass.IN), Section.QUESTION);
        byte[] wire = query.toWire();
        socket.send(new DatagramPacket(wire, wire.length, dns.address()));
    }
}
