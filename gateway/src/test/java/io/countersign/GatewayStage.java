package io.countersign;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.lab.Lab;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabMta;
import io.countersign.lab.MtaBehaviour;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A lab, an MTA in it and a gateway in front: one instance a test. */
public final class GatewayStage implements AutoCloseable {
    public final Lab lab = Lab.start();
    public final LabMta mta;
    public final MeterRegistry meters = new SimpleMeterRegistry();
    private @Nullable Gateway gateway;

    public GatewayStage(MtaBehaviour behaviour) {
        mta = lab.mta(behaviour);
        lab.dns().mx("example.org", 10, "mx1.example.org").a("mx1.example.org", "127.0.0.1");
        lab.dns().host("client.test", "127.9.0.1");
    }

    public static io.countersign.config.Settings settings(String text) {
        Loaded loaded = SettingsLoader.parse(text, "test.conf", Optional::empty);
        assertThat(loaded).isInstanceOf(Loaded.Ok.class);
        return ((Loaded.Ok) loaded).settings();
    }

    /** The configuration: the lab's, and what the test adds. */
    public String configuration(String more) {
        return """
                hostname = "mx1.example.org"
                domains = [ "example.org", "lenient.example", "bücher.example" ]
                listen.smtp = [ "127.0.0.1:0" ]
                %s
                %s
                """.formatted(lab.configuration(), more);
    }

    public GatewayStage start(String more) throws IOException {
        gateway = Gateway.start(settings(configuration(more)), meters);
        return this;
    }

    public Gateway gateway() {
        return Objects.requireNonNull(gateway, "not started");
    }

    /** Ends the gateway, and with it what its sessions left behind; the lab and its MTA stay. */
    public void stop() {
        gateway().close();
        gateway = null;
    }

    /** Connected, nothing read. */
    public LabClient connect() {
        return LabClient.from("127.9.0.1", gateway().addresses().get(0));
    }

    /** Greeted. */
    public LabClient client() {
        LabClient client = connect();
        client.hello("client.test");
        return client;
    }

    @Override
    public void close() {
        if (gateway != null) {
            gateway.close();
        }
        lab.close();
    }
}
