package io.countersign.admin;

import io.countersign.admin.http.Token;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the token lies that a gateway has made for itself: a file of mode 0600, named by the port, in the first folder for such
 * things that there is. A command of the same user, or of root, finds it there.
 */
public final class TokenFiles {
    /** systemd's RuntimeDirectory=countersign, as root's commands see it. */
    private static final Path SYSTEM = Path.of("/run/countersign");

    private static final long LARGEST = 4096;

    private final Map<String, String> environment;
    private final Path home;

    /** @param environment as of {@link System#getenv()} */
    public TokenFiles(Map<String, String> environment, Path home) {
        this.environment = Map.copyOf(environment);
        this.home = home;
    }

    /** Of this process. */
    public static TokenFiles here() {
        return new TokenFiles(System.getenv(), Path.of(System.getProperty("user.home", "/")));
    }

    /** The operator's own. @throws IOException in words for the operator */
    public static Token read(Path file) throws IOException {
        if (Files.size(file) > LARGEST) {
            throw new IOException(file + " is too large to hold a token");
        }
        return Token.of(Files.readString(file, StandardCharsets.ISO_8859_1).strip());
    }

    /**
     * Keeps it for commands. What lay there under this port belonged to a gateway that is gone.
     *
     * @return the file
     * @throws IOException when there is no folder that can be written to
     */
    public Path keep(Token token, int port) throws IOException {
        Path folder = folders().get(0);
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path fresh = Files.createTempFile(
                folder,
                "token",
                "",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.writeString(fresh, token.secret() + "\n");
            return Files.move(fresh, folder.resolve(name(port)), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failed) {
            Files.deleteIfExists(fresh);
            throw failed;
        }
    }

    /** The one that a running gateway keeps under this port, if this user may read it. */
    public Optional<Token> find(int port) {
        List<Path> all = new ArrayList<>(folders());
        all.add(SYSTEM);
        for (Path folder : all) {
            Path file = folder.resolve(name(port));
            if (Files.isReadable(file)) {
                try {
                    return Optional.of(read(file));
                } catch (IOException gone) {
                    continue; // it was taken away between the two: its gateway has ended
                }
            }
        }
        return Optional.empty();
    }

    /** In the order in which they are tried. RUNTIME_DIRECTORY may name several, with colons between. */
    private List<Path> folders() {
        List<Path> folders = new ArrayList<>();
        String service = environment.getOrDefault("RUNTIME_DIRECTORY", "");
        if (!service.isEmpty()) {
            folders.add(Path.of(service.split(":", 2)[0]));
        }
        String session = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        if (!session.isEmpty() && Files.isDirectory(Path.of(session))) {
            folders.add(Path.of(session, "countersign"));
        }
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        folders.add((cache.isEmpty() ? home.resolve(".cache") : Path.of(cache)).resolve("countersign"));
        return folders;
    }

    private static String name(int port) {
        return "admin-" + port + ".token";
    }
}
