package io.countersign.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Found by fuzzing: a record of the right type and no octets in it. */
class RecordsWithoutDataTest {
    private static final Reading EMPTY = new Reading.Records(List.of(), 60);

    @Test
    void an_mx_or_an_address_without_data_is_a_failure_and_never_proof_that_there_is_none() {
        assertThat(NettyDns.lookup(RecordKind.MX, EMPTY, List.of()).kind()).isEqualTo(Lookup.Kind.FAILED);
        assertThat(NettyDns.lookup(RecordKind.A, EMPTY, List.of()).kind()).isEqualTo(Lookup.Kind.FAILED);
        assertThat(NettyDns.lookup(RecordKind.AAAA, EMPTY, List.of()).kind()).isEqualTo(Lookup.Kind.FAILED);
    }

    @Test
    void a_name_or_a_text_that_nobody_must_see_is_none() {
        assertThat(NettyDns.lookup(RecordKind.PTR, EMPTY, List.of()).kind()).isEqualTo(Lookup.Kind.NO_DATA);
        assertThat(NettyDns.lookup(RecordKind.TXT, EMPTY, List.of()).kind()).isEqualTo(Lookup.Kind.NO_DATA);
    }
}
