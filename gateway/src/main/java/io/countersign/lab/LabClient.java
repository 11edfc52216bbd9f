package io.countersign.lab;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A scripted SMTP client, blocking, for tests and the demo: not for an event loop and not for several threads. Every read
 * has a deadline ({@link Tally#PATIENCE} unless told otherwise) for the whole reply; what fails throws
 * {@link UncheckedIOException} with the transcript so far in its message.
 *
 * <pre>{@code
 * try (LabClient client = LabClient.from("127.9.0.1", gateway)) {
 *     client.expect(220);
 *     client.command("EHLO client.test", 250);
 *     LabReply reply = client.deliver("a@b.test", "r@example.org", "Subject: hi\r\n\r\nhello\r\n");
 *     assertThat(reply.code()).isEqualTo(250);
 * }
 * }</pre>
 */
public final class LabClient implements AutoCloseable {
    private static final int LONGEST_REPLY = 1 << 18;

    private final List<String> transcript = new ArrayList<>();
    private Socket socket;
    private InputStream in;
    private OutputStream out;
    private Duration patience = Tally.PATIENCE;
    private final byte[] buffer = new byte[8192];
    private int taken;
    private int held;

    private LabClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    public static LabClient to(InetSocketAddress server) {
        return connect(null, server);
    }

    /** From a local address such as {@code 127.9.0.1}: to the server that is another client than 127.0.0.1. */
    public static LabClient from(String local, InetSocketAddress server) {
        return connect(local, server);
    }

    private static LabClient connect(@Nullable String local, InetSocketAddress server) {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            if (local != null) {
                socket.bind(new InetSocketAddress(InetAddress.getByName(local), 0));
            }
            socket.connect(server, (int) Tally.PATIENCE.toMillis());
            return new LabClient(socket);
        } catch (IOException e) {
            try {
                socket.close();
            } catch (IOException closing) {
                e.addSuppressed(closing);
            }
            throw new UncheckedIOException("connecting to " + server, e);
        }
    }

    /** How long each read may take from now on. */
    public LabClient patience(Duration longest) {
        patience = longest;
        return this;
    }

    // ---- octets ---------------------------------------------------------------------------------------------------

    /** Sends text as it is, in UTF-8; line ends are the caller's. */
    public LabClient send(String text) {
        transcript.add("C: " + text.replace("\r", "\\r").replace("\n", "\\n"));
        return write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends octets as they are, kept out of the transcript but for their number. */
    public LabClient send(byte[] octets) {
        transcript.add("C: (" + octets.length + " octets)");
        return write(octets);
    }

    private LabClient write(byte[] octets) {
        try {
            out.write(octets);
            out.flush();
        } catch (IOException e) {
            throw failed("sending", e);
        }
        return this;
    }

    /** Sends FIN: nothing more will come, replies can still be read. */
    public LabClient finish() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw failed("closing its side", e);
        }
        return this;
    }

    /** Closes with RST. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw failed("resetting", e);
        }
    }

    // ---- replies --------------------------------------------------------------------------------------------------

    /** Sends one line with CRLF and reads the reply to it. */
    public LabReply command(String line) {
        send(line + "\r\n");
        return read();
    }

    /** {@link #command}, and the reply must have that code. */
    public LabReply command(String line, int code) {
        send(line + "\r\n");
        return expect(code);
    }

    /** Reads one reply, all its lines. */
    public LabReply read() {
        long deadline = System.nanoTime() + patience.toNanos();
        List<String> lines = new ArrayList<>();
        int octets = 0;
        try {
            while (true) {
                String line = readLine(deadline);
                octets += line.length();
                lines.add(line);
                transcript.add("S: " + line);
                if (line.length() < 4 || line.charAt(3) != '-') {
                    return new LabReply(codeOf(line), List.copyOf(lines));
                }
                if (octets > LONGEST_REPLY) {
                    throw new IOException("a reply of more than " + LONGEST_REPLY + " octets");
                }
            }
        } catch (IOException e) {
            throw failed("reading a reply", e);
        }
    }

    /**
     * Reads one reply, which must have that code.
     *
     * @throws IllegalStateException with the transcript if it has another
     */
    public LabReply expect(int code) {
        LabReply reply = read();
        if (reply.code() != code) {
            throw new IllegalStateException("expected " + code + ", got " + reply + "\n" + transcriptText());
        }
        return reply;
    }

    /** Reads to the end of the connection and says what came before it; a reset counts as an end. */
    public String readToEnd() {
        long deadline = System.nanoTime() + patience.toNanos();
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        try {
            for (int octet = readOctet(deadline); octet >= 0; octet = readOctet(deadline)) {
                rest.write(octet);
            }
        } catch (SocketTimeoutException e) {
            throw failed("waiting for the end of the connection", e);
        } catch (IOException e) {
            transcript.add("S: (" + e.getMessage() + ")");
        }
        String text = rest.toString(StandardCharsets.UTF_8);
        if (!text.isEmpty()) {
            transcript.add("S: " + text);
        }
        return text;
    }

    private String readLine(long deadline) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            int octet = readOctet(deadline);
            if (octet < 0) {
                throw new EOFException("the connection ended after: " + line.toString(StandardCharsets.UTF_8));
            }
            if (octet == '\n') {
                byte[] octets = line.toByteArray();
                int length = octets.length;
                // A reply that ends with LF alone is shown as such.
                return length > 0 && octets[length - 1] == '\r'
                        ? new String(octets, 0, length - 1, StandardCharsets.UTF_8)
                        : new String(octets, StandardCharsets.UTF_8) + "\\n";
            }
            if (line.size() == LONGEST_REPLY) {
                throw new IOException("a line of more than " + LONGEST_REPLY + " octets");
            }
            line.write(octet);
        }
    }

    private int readOctet(long deadline) throws IOException {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
            throw new SocketTimeoutException("nothing complete within " + patience);
        }
        if (taken == held) {
            socket.setSoTimeout((int) Math.max(1, left / 1_000_000));
            taken = 0;
            held = Math.max(0, in.read(buffer));
            if (held == 0) {
                return -1;
            }
        }
        return buffer[taken++] & 0xff;
    }

    private static int codeOf(String line) {
        try {
            return Integer.parseInt(line.substring(0, Math.min(3, line.length())));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    // ---- more than one command ------------------------------------------------------------------------------------

    /** Reads the greeting and says EHLO. */
    public LabReply hello(String name) {
        expect(220);
        return command("EHLO " + name, 250);
    }

    /** STARTTLS, the handshake (any certificate will do), and no EHLO yet. */
    public LabClient startTls() {
        command("STARTTLS", 220);
        try {
            SSLSocket secure = TrustAll.over(socket);
            secure.setSoTimeout((int) patience.toMillis());
            secure.startHandshake();
            socket = secure;
            in = secure.getInputStream();
            out = secure.getOutputStream();
            transcript.add("(TLS: " + secure.getSession().getProtocol() + ")");
        } catch (IOException e) {
            throw failed("the TLS handshake", e);
        }
        return this;
    }

    /** MAIL, RCPT, DATA, the content. Ends at the first refusal: the reply that decided. */
    public LabReply deliver(String from, String to, String content) {
        LabReply reply = command("MAIL FROM:<" + from + ">");
        if (reply.code() / 100 == 2) {
            reply = command("RCPT TO:<" + to + ">");
        }
        if (reply.code() / 100 == 2) {
            reply = command("DATA");
        }
        return reply.code() == 354 ? content(content) : reply;
    }

    /** Sends content, which has CRLF line ends, with dots doubled and the final dot, and reads the reply. */
    public LabReply content(String content) {
        String stuffed = content.startsWith(".") ? "." + content : content;
        stuffed = stuffed.replace("\r\n.", "\r\n..");
        transcript.add("C: (content, " + content.length() + " characters)");
        write((stuffed + (stuffed.isEmpty() || stuffed.endsWith("\r\n") ? ".\r\n" : "\r\n.\r\n"))
                .getBytes(StandardCharsets.UTF_8));
        return read();
    }

    /** QUIT and its reply, then closes. */
    public LabReply quit() {
        LabReply reply = command("QUIT");
        close();
        return reply;
    }

    // ---- what was said --------------------------------------------------------------------------------------------

    /** All lines so far, {@code C: } and {@code S: } in front. */
    public List<String> transcript() {
        return List.copyOf(transcript);
    }

    public InetSocketAddress localAddress() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw failed("closing", e);
        }
    }

    private String transcriptText() {
        return String.join("\n", transcript);
    }

    private UncheckedIOException failed(String doing, IOException e) {
        return new UncheckedIOException(doing + ": " + e.getMessage() + "\n" + transcriptText(), e);
    }
}
