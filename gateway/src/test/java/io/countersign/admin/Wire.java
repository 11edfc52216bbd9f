package io.countersign.admin;

import io.countersign.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** HTTP as it goes over the wire: what a test writes, byte for byte, and the answer up to the end of the connection. */
public final class Wire {
    private static final int PATIENCE_MILLIS = 30_000;

    /** @param head status line and header fields */
    public record Answer(int status, String head, String body) {
        /** The first value of a field, or empty. */
        public String header(String name) {
            return head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }

        public Map<String, @Nullable Object> json() {
            return Json.object(body);
        }
    }

    private final InetSocketAddress server;
    private final String token;

    /** @param token sent with each question but raw ones */
    public Wire(InetSocketAddress server, String token) {
        this.server = server;
        this.token = token;
    }

    public Answer get(String path) {
        return raw("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token
                + "\r\nConnection: close\r\n\r\n");
    }

    public Answer post(String path, String json) {
        return raw("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token
                + "\r\nContent-Type: application/json\r\nContent-Length: "
                + json.getBytes(StandardCharsets.UTF_8).length + "\r\nConnection: close\r\n\r\n" + json);
    }

    /** @param fields header lines, each with its CRLF */
    public Answer with(String method, String path, String fields) {
        return raw(method + " " + path + " HTTP/1.1\r\n" + fields + "Connection: close\r\n\r\n");
    }

    /** Sends it as it is, and reads to the end. */
    public Answer raw(String request) {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            return read(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.connect(server, PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    /** Up to the end of the connection. */
    public static Answer read(InputStream in) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        in.transferTo(all);
        String text = all.toString(StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            throw new IOException("no answer, only: " + text);
        }
        return new Answer(Integer.parseInt(text.substring(9, 12)), text.substring(0, end), text.substring(end + 4));
    }
}
