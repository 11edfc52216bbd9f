package io.countersign.config;

import io.countersign.config.BackendSettings.ClientIdentityMode;
import io.countersign.config.BackendSettings.TlsMode;
import io.countersign.config.ChecksSettings.Mode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What can be run and may still not be meant: {@code FILE:LINE: key: text}. */
final class Warnings {
    private final Section.Reading reading;
    private final Section root;
    private final List<String> warnings = new ArrayList<>();

    Warnings(Section.Reading reading, Section root) {
        this.reading = reading;
        this.root = root;
    }

    List<String> of(Settings settings) {
        BackendSettings backend = settings.backend();
        if (backend.clientIdentity() == ClientIdentityMode.NONE) {
            add(
                    "backend.client-identity",
                    "none: the MTA takes every client for this machine; its own checks and its"
                            + " logs see only us, and it must not relay for our address");
        }
        if (backend.caFile().isPresent() && backend.tls() != TlsMode.VERIFIED) {
            add("backend.ca-file", "has no effect: backend.tls is " + Section.word(backend.tls()));
        }
        if (settings.checks().recipient().mode() == Mode.OFF) {
            add(
                    "checks.recipient.mode",
                    "off: other servers' callouts go unanswered while the MTA is away, and they refuse our users' mail");
        }
        if (!settings.callout().mayConnect().networks().isEmpty()) {
            add("callout.may-connect", "strangers can make this machine connect to addresses in these networks");
        }
        settings.cache()
                .file()
                .ifPresentOrElse(
                        this::checkFolder,
                        () -> add("cache.file", "empty: what was learnt is lost at each restart, and asked again"));
        if (settings.journal().dir().isEmpty()) {
            add("journal.dir", "empty: no journal is kept, and trace has nothing to look into");
        }
        return List.copyOf(warnings);
    }

    private void checkFolder(Path file) {
        Path folder = file.getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            add("cache.file", "the folder " + Quoted.path(folder) + " does not exist");
        }
    }

    private void add(String key, String what) {
        Section section = root;
        String[] steps = key.split("\\.");
        for (int i = 0; i < steps.length - 1; i++) {
            section = section.section(steps[i]);
        }
        warnings.add(reading.place(key, section.value(steps[steps.length - 1])) + ": " + key + ": " + what);
    }
}
