package io.countersign.real;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Real clients that send mail: swaks, Python's smtplib, Postfix's smtp-source. */
final class MailClients {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** smtplib with its own dot stuffing and its own idea of ESMTP; the message comes from a file, with CRLF, as it is. */
    private static final String SMTPLIB = """
            import smtplib, sys
            host, port, local, sender, recipient, options, path = sys.argv[1:]
            data = open(path, "rb").read()
            with smtplib.SMTP(host, int(port), local_hostname="client.test", timeout=50, source_address=(local, 0)) as smtp:
                try:
                    smtp.sendmail(sender, [recipient], data, mail_options=options.split())
                except smtplib.SMTPException as e:
                    print(e)
                    sys.exit(1)
            """;

    private MailClients() {}

    /** Where and between whom: {@code local} is the address that the client sends from. */
    record Way(InetSocketAddress server, String local, String sender, String recipient) {
        Way to(String other) {
            return new Way(server, local, sender, other);
        }

        Way from(String other) {
            return new Way(server, local, other, recipient);
        }
    }

    /** @param message with CRLF, not dot-stuffed; swaks adds the last line end itself */
    static Program.Outcome swaks(Way way, byte[] message, String... more) {
        byte[] data = Arrays.copyOf(message, Math.max(0, message.length - 2));
        return withFile(data, file -> {
            List<String> command = new ArrayList<>(List.of(
                    "swaks",
                    "--server",
                    way.server().getHostString(),
                    "--port",
                    Integer.toString(way.server().getPort()),
                    "--local-interface",
                    way.local(),
                    "--helo",
                    "client.test",
                    "--from",
                    way.sender(),
                    "--to",
                    way.recipient(),
                    "--timeout",
                    "50s",
                    "--suppress-data",
                    "--data",
                    "@" + file));
            command.addAll(List.of(more));
            return Program.run(PATIENCE, command);
        });
    }

    /** @param options of MAIL, e.g. {@code BODY=8BITMIME SMTPUTF8} */
    static Program.Outcome smtplib(Way way, byte[] message, String options) {
        return withFile(
                message,
                file -> Program.run(
                        PATIENCE,
                        "python3",
                        "-c",
                        SMTPLIB,
                        way.server().getHostString(),
                        Integer.toString(way.server().getPort()),
                        way.local(),
                        way.sender(),
                        way.recipient(),
                        options,
                        file.toString()));
    }

    /**
     * Many messages over parallel connections, one message a connection, each to a recipient of its own: {@code 0user@domain},
     * {@code 1user@domain} and so on.
     */
    static Program.Outcome smtpSource(Way way, int messages, int connections, int octets, Duration within) {
        return Program.run(
                within,
                "smtp-source",
                "-N",
                "-s",
                Integer.toString(connections),
                "-m",
                Integer.toString(messages),
                "-l",
                Integer.toString(octets),
                "-f",
                way.sender(),
                "-t",
                way.recipient(),
                "-M",
                "client.test",
                "inet:" + way.server().getHostString() + ":" + way.server().getPort());
    }

    private interface WithFile {
        Program.Outcome run(Path file);
    }

    private static Program.Outcome withFile(byte[] message, WithFile what) {
        try {
            Path file = Files.createTempFile("message", ".eml");
            try {
                Files.write(file, message);
                return what.run(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
