package io.countersign.smtp.corpus;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.countersign.smtp.Capabilities;
import io.countersign.smtp.SmtpReply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One dialogue of the corpus; its README says how the files are written. */
public record Dialogue(String name, byte[] client, Capabilities offer, List<String> expected) {
    /** All dialogues, in the order of their names. */
    public static Stream<Dialogue> all() {
        try (Stream<Path> files =
                Files.list(Path.of(Dialogue.class.getResource("/corpus").toURI()))) {
            List<Dialogue> dialogues = files.filter(file -> file.toString().endsWith(".client"))
                    .sorted()
                    .map(Dialogue::read)
                    .toList();
            if (dialogues.isEmpty()) {
                throw new IllegalStateException("no corpus");
            }
            return dialogues.stream();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        } catch (URISyntaxException bug) {
            throw new IllegalStateException(bug);
        }
    }

    private static Dialogue read(Path client) {
        String name = client.getFileName().toString().replace(".client", "");
        try {
            List<String> expected = new ArrayList<>();
            List<String> offer = new ArrayList<>(List.of("mx.ours.example"));
            for (String line : Files.readAllLines(client.resolveSibling(name + ".expect"), UTF_8)) {
                if (line.startsWith("offer:")) {
                    Stream.of(line.substring(6).split(",")).map(String::strip).forEach(offer::add);
                } else if (!line.startsWith("#")) {
                    expected.add(line);
                }
            }
            Capabilities offered = Capabilities.fromReply(new SmtpReply(250, null, offer));
            return new Dialogue(name, Files.readAllBytes(client), offered, List.copyOf(expected));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
