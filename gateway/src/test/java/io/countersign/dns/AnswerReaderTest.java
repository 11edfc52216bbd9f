package io.countersign.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

class AnswerReaderTest {
    private static final Question MX = Question.of("a.test", Type.MX).orElseThrow();

    private static byte[] answer() throws IOException {
        Message message = new Message(1);
        message.getHeader().setFlag(Flags.QR);
        message.getHeader().setFlag(Flags.RA);
        add(message, Section.QUESTION, "a.test.", Type.MX, "0 .");
        add(message, Section.ANSWER, "a.test.", Type.CNAME, "b.test.");
        add(message, Section.ANSWER, "b.test.", Type.MX, "10 mx.b.test.");
        add(message, Section.ANSWER, "b.test.", Type.MX, "20 mx2.b.test.");
        add(message, Section.AUTHORITY, "test.", Type.SOA, "ns.test. root.test. 1 2 3 4 5");
        add(message, Section.ADDITIONAL, "mx.b.test.", Type.A, "192.0.2.1");
        add(message, Section.ADDITIONAL, "mx.b.test.", Type.TXT, "\"text\" \"\"");
        return message.toWire();
    }

    private static void add(Message message, int section, String name, int type, String data) throws IOException {
        message.addRecord(Record.fromString(Name.fromString(name), type, DClass.IN, 60, data, Name.root), section);
    }

    @Test
    void DN28_whatever_octets_come_reading_them_ends_in_a_value() throws IOException {
        byte[] good = answer();
        assertThat(AnswerReader.read(good, MX, 0)).isInstanceOf(Reading.Records.class);
        Random random = new Random(7208);
        int understood = 0;
        for (int i = 0; i < 50_000; i++) {
            byte[] octets = good.clone();
            int changes = 1 + random.nextInt(4);
            for (int k = 0; k < changes; k++) {
                octets[random.nextInt(octets.length)] = (byte) (random.nextBoolean() ? 0xc0 : random.nextInt(256));
            }
            if (random.nextInt(4) == 0) {
                octets = java.util.Arrays.copyOf(octets, random.nextInt(octets.length + 1));
            }
            if (AnswerReader.read(octets, MX, 0) instanceof Reading.Records records) {
                understood++;
                for (Record record : records.records()) {
                    assertThat(RecordKind.MX.value().apply(record)).isNotNull();
                }
                assertThat(records.ttl()).isBetween(0L, 0x7fff_ffffL);
            }
            ByteBuf message = Unpooled.wrappedBuffer(octets);
            if (Question.idOf(message) >= 0) {
                assertThat(MX.fit(message)).isNotNull();
            }
        }
        assertThat(understood).as("the changes do not only break the header").isGreaterThan(1_000);
    }

    @Test
    void DN28_every_truncation_is_a_failure_not_half_an_answer() throws IOException {
        byte[] good = answer();
        for (int length = 0; length < good.length; length++) {
            assertThat(AnswerReader.read(java.util.Arrays.copyOf(good, length), MX, 0))
                    .as("%d octets", length)
                    .isInstanceOf(Reading.Fault.class);
        }
    }

    @Test
    void a_query_that_is_written_is_read_as_the_same_question() throws IOException {
        ByteBuf query = Unpooled.buffer();
        MX.encode(query, 0xbeef, Question.Edns.ON);
        Message message = new Message(io.netty.buffer.ByteBufUtil.getBytes(query));
        assertThat(message.getHeader().getID()).isEqualTo(0xbeef);
        assertThat(message.getQuestion().getName()).isEqualTo(Name.fromString("a.test."));
        assertThat(message.getQuestion().getType()).isEqualTo(Type.MX);
        assertThat(MX.fit(query)).as("our own query is no answer").isEqualTo(Question.Fit.FOREIGN);
    }
}
