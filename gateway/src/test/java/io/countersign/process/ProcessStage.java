package io.countersign.process;

import io.countersign.lab.Content.Recording;
import io.countersign.lab.Lab;
import io.countersign.lab.LabMta;
import io.countersign.lab.Mailboxes;
import io.countersign.lab.MtaBehaviour;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A lab with an MTA, and configurations for gateways in processes of their own. */
final class ProcessStage implements AutoCloseable {
    static final MtaBehaviour PROPER = MtaBehaviour.proper()
            .recording(Recording.BODIES)
            .mailboxes(Mailboxes.users("r@example.org", "s@example.org"));

    final Lab lab = Lab.start();
    final LabMta mta = lab.mta(PROPER);
    private final Path folder;

    ProcessStage(Path folder) {
        this.folder = folder;
        lab.dns().mx("example.org", 10, "mx1.example.org").a("mx1.example.org", "127.0.0.1");
        lab.dns().host("client.test", "127.9.0.1");
    }

    /** Writes (or writes again) a configuration file of that name. */
    Path configuration(String name, String more) throws IOException {
        return configuration(name, "", more);
    }

    /** @param admin where its admin interface listens; empty: nowhere */
    Path configuration(String name, String admin, String more) throws IOException {
        return Files.writeString(folder.resolve(name), """
                hostname = "mx1.example.org"
                domains = [ "example.org" ]
                listen.smtp = [ "127.0.0.1:0" ]
                checks.sender.mode = off
                checks.reverse-dns.mode = off
                %s
                %s
                """.formatted(lab.configuration(admin), more));
    }

    @Override
    public void close() {
        lab.close();
    }
}
