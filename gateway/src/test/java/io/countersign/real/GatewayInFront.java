package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.Gateway;
import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.lab.LabDns;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.Optional;

/** A gateway in this process, with a DNS of the lab's, in front of a real MTA. Our domain is {@code ours.test}. */
final class GatewayInFront implements AutoCloseable {
    final LabDns dns = LabDns.start();
    private final Gateway gateway;

    /** @param backend as {@code backend.address} takes it */
    GatewayInFront(String backend, String more) {
        dns.mx("ours.test", 10, "mx1.ours.test").a("mx1.ours.test", "127.0.0.1");
        Loaded loaded = SettingsLoader.parse(configuration(backend, dns, more), "test.conf", Optional::empty);
        assertThat(loaded).isInstanceOf(Loaded.Ok.class);
        try {
            gateway = Gateway.start(((Loaded.Ok) loaded).settings(), new SimpleMeterRegistry());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String configuration(String backend, LabDns dns, String more) {
        return """
                hostname = "mx1.ours.test"
                domains = [ "ours.test" ]
                listen.smtp = [ "127.0.0.1:0" ]
                backend.address = "%s"
                dns.servers = [ "%s" ]
                callout.may-connect = [ "127.0.0.0/8" ]
                admin.listen = ""
                log.level = warn
                %s
                """.formatted(backend, dns.server(), more);
    }

    InetSocketAddress address() {
        return gateway.addresses().get(0);
    }

    @Override
    public void close() {
        gateway.close();
        dns.close();
    }
}
