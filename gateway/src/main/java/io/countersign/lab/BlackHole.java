package io.countersign.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/**
 * An address where connecting neither succeeds nor fails, as behind a firewall that drops everything: a listener whose
 * backlog is full and whom nobody calls accept() on, so that the kernel drops each further SYN (Linux).
 */
final class BlackHole implements AutoCloseable {
    private static final int MOST_FILLERS = 16;
    private static final int FILLER_PATIENCE_MS = 150;

    private final ServerSocket listener = new ServerSocket();
    private final List<Socket> fillers = new ArrayList<>();

    /** @throws UncheckedIOException if the address is taken */
    static BlackHole at(InetSocketAddress address) {
        try {
            return new BlackHole(address);
        } catch (IOException e) {
            throw new UncheckedIOException("no black hole at " + address, e);
        }
    }

    private BlackHole(InetSocketAddress address) throws IOException {
        try {
            listener.bind(address, 1);
            while (fits()) {
                if (fillers.size() > MOST_FILLERS) {
                    throw new IOException("the backlog does not fill up: this system accepts connections unasked");
                }
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private boolean fits() throws IOException {
        Socket filler = new Socket();
        fillers.add(filler);
        try {
            filler.connect(listener.getLocalSocketAddress(), FILLER_PATIENCE_MS);
            return true;
        } catch (SocketTimeoutException full) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            for (Socket filler : fillers) {
                filler.close();
            }
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
