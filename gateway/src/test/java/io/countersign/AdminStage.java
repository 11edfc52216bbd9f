package io.countersign;

import io.countersign.admin.Wire;
import io.countersign.config.SettingsLoader;
import io.countersign.config.SettingsLoader.Loaded;
import io.countersign.lab.Lab;
import io.countersign.lab.LabClient;
import io.countersign.lab.LabMta;
import io.countersign.lab.MtaBehaviour;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;

/** A lab, an MTA in it, a gateway in front and its admin interface on a free port. */
final class AdminStage implements AutoCloseable {
    final Lab lab = Lab.start();
    final LabMta mta = lab.mta(MtaBehaviour.proper());
    final PrometheusMeterRegistry meters = io.countersign.admin.Metrics.registry();
    final Gateway gateway;

    AdminStage(String more) throws IOException {
        this("127.0.0.1:0", more);
    }

    /** @param listen where its admin interface listens */
    AdminStage(String listen, String more) throws IOException {
        lab.dns().mx("example.org", 10, "mx1.example.org").a("mx1.example.org", "127.0.0.1");
        lab.dns().host("client.test", "127.9.0.1");
        gateway = Gateway.start(read(listen, more), meters);
    }

    Loaded.Ok read(String more) {
        return read("127.0.0.1:0", more);
    }

    Loaded.Ok read(String listen, String more) {
        Loaded loaded =
                SettingsLoader.parse("""
                hostname = "mx1.example.org"
                domains = [ "example.org" ]
                listen.smtp = [ "127.0.0.1:0" ]
                %s
                %s
                """.formatted(lab.configuration(listen), more), "test.conf", Optional::empty);
        if (loaded instanceof Loaded.Invalid invalid) {
            throw new IllegalArgumentException(String.join("\n", invalid.problems()));
        }
        return (Loaded.Ok) loaded;
    }

    String token() {
        String page = gateway.admin().page().orElseThrow();
        return page.substring(page.indexOf("?token=") + 7);
    }

    Wire wire() {
        return new Wire(Objects.requireNonNull(gateway.admin().address()), token());
    }

    Wire wire(String otherToken) {
        return new Wire(Objects.requireNonNull(gateway.admin().address()), otherToken);
    }

    LabClient client() {
        LabClient client = LabClient.from("127.9.0.1", gateway.addresses().get(0));
        client.hello("client.test");
        return client;
    }

    @Override
    public void close() {
        gateway.close();
        lab.close();
    }
}
