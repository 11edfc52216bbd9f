package io.countersign.real;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * What of the real world this machine has. Tests that need it call {@link #require} first: where something is missing they are
 * skipped and say what, unless {@code -Dreal.servers=required} or {@code REAL_SERVERS=required} in the environment (as in
 * {@code .ci/run}) asks for them: then they fail.
 */
final class RealServers {
    /** A program from outside. */
    enum Need {
        POSTFIX("postfix (apt-get install postfix)") {
            @Override
            boolean met() {
                return onPath("postfix").isPresent() && isRoot();
            }
        },
        /** Postfix and Exim exclude each other as packages: .ci/run unpacks Exim into target/exim of the build tree. */
        EXIM("exim4 (unpacked into target/exim, or installed) and a user Debian-exim") {
            @Override
            boolean met() {
                return exim().isPresent() && isRoot() && userExists(RealExim.USER);
            }
        },
        SWAKS("swaks (apt-get install swaks)") {
            @Override
            boolean met() {
                return onPath("swaks").isPresent();
            }
        },
        SMTP_SOURCE("smtp-source (apt-get install postfix)") {
            @Override
            boolean met() {
                return onPath("smtp-source").isPresent();
            }
        },
        PYTHON("python3 with smtplib (apt-get install python3)") {
            @Override
            boolean met() {
                return onPath("python3").isPresent();
            }
        };

        private final String words;

        Need(String words) {
            this.words = words;
        }

        abstract boolean met();
    }

    private RealServers() {}

    /** How many messages a load has: {@code -Dreal.messages}. The ordinary build sends few, so that it stays short. */
    static int loadMessages() {
        return Integer.getInteger("real.messages", 1000);
    }

    /** For such a load, on a machine that has much else to do. */
    static Duration loadPatience() {
        return Duration.ofMinutes(3).plusMillis(100L * loadMessages());
    }

    /** How many octets the longest message has: {@code -Dreal.octets}. */
    static long longestMessage() {
        return Long.getLong("real.octets", 200L << 20);
    }

    /** Skips the test, or fails it, where one of them is missing. */
    static void require(Need... needs) {
        List<String> missing = new ArrayList<>();
        for (Need need : needs) {
            if (!need.met()) {
                missing.add(need.words);
            }
        }
        if (missing.isEmpty()) {
            return;
        }
        String message = "this test needs, as root: " + String.join("; ", missing);
        if (System.getProperty("real.servers", "optional").equals("required")) {
            throw new AssertionError(message);
        }
        assumeTrue(false, message);
    }

    /** The root of the checkout. Surefire sets basedir to the module's folder. */
    static Path checkout() {
        return Path.of(System.getProperty("basedir", "."))
                .toAbsolutePath()
                .normalize()
                .getParent();
    }

    static Optional<Path> exim() {
        Path unpacked = checkout().resolve("target/exim/usr/sbin/exim4");
        return Files.isExecutable(unpacked) ? Optional.of(unpacked) : onPath("exim4");
    }

    /** An address on loopback that no other server of this run has, and a port that is free there just now. */
    static InetSocketAddress freePlace() {
        return freePlace(0);
    }

    /** The same with a given port: {@code callout.port} is one for all exchangers. */
    static InetSocketAddress freePlace(int port) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        byte[] address = {127, (byte) random.nextInt(2, 250), (byte) random.nextInt(250), (byte) random.nextInt(1, 250)
        };
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getByAddress(address))) {
            return new InetSocketAddress(socket.getInetAddress().getHostAddress(), socket.getLocalPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A folder below {@code parent} that a server can reach after it has become another user. */
    static Path openFolder(Path parent, String name) {
        try {
            Path folder = Files.createDirectories(parent.resolve(name));
            Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes a folder that belongs to another user. */
    static Path folderOf(String user, Path folder) {
        try {
            Files.createDirectories(folder);
            Files.setOwner(
                    folder,
                    folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Path> onPath(String program) {
        return Stream.concat(
                        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)),
                        Stream.of("/usr/sbin", "/sbin"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    private static boolean userExists(String user) {
        try {
            Path.of("/").getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
