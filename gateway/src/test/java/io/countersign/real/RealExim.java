package io.countersign.real;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An Exim of Debian's package, unpacked, with a spool, a log and ports of its own, on loopback: the MTA behind Countersign,
 * configured by {@code deploy/exim}; a sender's exchanger; or a server that asks others whether senders exist.
 */
final class RealExim implements AutoCloseable {
    /** Its name in greetings and in the log. */
    static final String NAME = "exim.test";

    /** Whom it runs as once it has its ports; the package makes this user. */
    static final String USER = "Debian-exim";

    static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Path folder;
    private final InetSocketAddress address;
    private Process daemon;
    private int starts;

    private RealExim(Path folder, InetSocketAddress address) {
        this.folder = folder;
        this.address = address;
    }

    /**
     * The MTA behind us, with {@code deploy/exim} as Debian's template would take it in. Mail for {@code 0load}, {@code 1load} and
     * so on is thrown away once it is logged.
     */
    static RealExim behindCountersign(Path parent, String domain, List<String> users) {
        RealExim exim = new RealExim(RealServers.openFolder(parent, "exim-behind"), RealServers.freePlace());
        String main = SampleFile.of("exim/countersign-main.conf") + """

                message_size_limit = MESSAGE_SIZE_LIMIT
                host_lookup = MAIN_HOST_LOOKUP
                smtputf8_advertise_hosts = MAIN_SMTPUTF8_ADVERTISE_HOSTS
                log_selector = +proxy
                acl_smtp_rcpt = countersign_check_rcpt
                """;
        String load = """
                load:
                  driver = accept
                  domains = +local_domains
                  local_parts = \\N^[0-9]+load$\\N
                  transport = nowhere
                """;
        return exim.configured(domain, users, main, SampleFile.of("exim/countersign-acl.conf") + "\n", load)
                .start();
    }

    /** The exchanger of a domain: it knows these users. */
    static RealExim exchanger(Path parent, InetSocketAddress address, String domain, List<String> users) {
        RealExim exim = new RealExim(RealServers.openFolder(parent, "exim-exchanger"), address);
        String acl = """
                check_rcpt:
                  deny
                    ! domains = +local_domains
                    message = relay not permitted
                  require
                    verify = recipient
                  accept
                """;
        String main = """
                host_lookup =
                log_selector = +smtp_connection +smtp_no_mail +incoming_port
                acl_smtp_rcpt = check_rcpt
                """;
        return exim.configured(domain, users, main, acl, "").start();
    }

    /**
     * A server that verifies senders: those of {@code asked} at {@code target}. It takes mail for anybody at its own domain.
     *
     * @param callout the options of {@code verify = sender/…}, e.g. {@code callout=10s,random}
     */
    static RealExim asker(Path parent, String domain, String asked, InetSocketAddress target, String callout) {
        RealExim exim = new RealExim(
                RealServers.openFolder(parent, "exim-asker-" + callout.replaceAll("[^a-z]", "")),
                RealServers.freePlace());
        String acl = """
                check_rcpt:
                  deny
                    ! domains = +local_domains
                    message = relay not permitted
                  deny
                    ! verify = sender/@CALLOUT@
                  accept
                """.replace("@CALLOUT@", callout);
        String router = """
                asked:
                  driver = manualroute
                  domains = @ASKED@
                  transport = out
                  route_list = * @HOST@::@PORT@
                  self = send
                """.replace("@ASKED@", asked)
                .replace("@HOST@", target.getAddress().getHostAddress())
                .replace("@PORT@", Integer.toString(target.getPort()));
        return exim.configured(domain, List.of(), "host_lookup =\nacl_smtp_rcpt = check_rcpt\n", acl, router)
                .start();
    }

    InetSocketAddress address() {
        return address;
    }

    /** As {@code backend.address} takes it. */
    String place() {
        return address.getHostString() + ":" + address.getPort();
    }

    ServerLog log() {
        return new ServerLog(folder.resolve("log").resolve("mainlog"));
    }

    Maildir mailbox(String user) {
        return new Maildir(folder.resolve("mail").resolve(user));
    }

    RealExim start() {
        try {
            daemon = new ProcessBuilder(
                            binary(), "-C", folder.resolve("exim.conf").toString(), "-bdf")
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            folder.resolve("console").toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        starts++;
        log().awaitCount("the daemon listens", line -> line.contains("listening for SMTP"), starts, PATIENCE);
        return this;
    }

    /** Its port is closed when this returns; deliveries under way go on. */
    void stop() {
        daemon.destroy();
        try {
            if (!daemon.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                daemon.destroyForcibly();
                throw new AssertionError("Exim did not stop");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        if (daemon.isAlive()) {
            stop();
        }
    }

    private RealExim configured(String domain, List<String> users, String main, String acl, String router) {
        RealServers.folderOf(USER, folder.resolve("spool"));
        RealServers.folderOf(USER, folder.resolve("log"));
        RealServers.folderOf(USER, folder.resolve("mail"));
        String known = users.isEmpty() ? "" : """
                known:
                  driver = accept
                  domains = +local_domains
                  local_parts = @USERS@
                  transport = mailbox
                """.replace("@USERS@", String.join(" : ", users));
        String anybody = users.isEmpty() ? """
                anybody:
                  driver = redirect
                  domains = +local_domains
                  data = :blackhole:
                """ : "";
        String text = """
                exim_path = @BINARY@
                exim_user = @USER@
                exim_group = @USER@
                primary_hostname = @NAME@
                spool_directory = @DIR@/spool
                log_file_path = @DIR@/log/%slog
                pid_file_path = @DIR@/spool/exim.pid
                local_interfaces = @HOST@
                daemon_smtp_ports = @PORT@
                keep_environment =
                tls_advertise_hosts =
                disable_ipv6 = true
                host_lookup_order = bydns
                dns_retrans = 1s
                dns_retry = 1
                domainlist local_domains = @DOMAIN@
                domainlist relay_to_domains =
                @MAIN@
                begin acl
                @ACL@
                begin routers
                @KNOWN@@ANYBODY@@ROUTER@
                begin transports
                mailbox:
                  driver = appendfile
                  directory = @DIR@/mail/${bless:$local_part}
                  create_directory
                  maildir_format
                  message_size_limit = 0
                  user = @USER@
                nowhere:
                  driver = appendfile
                  file = /dev/null
                  user = @USER@
                out:
                  driver = smtp
                  hosts_try_fastopen =
                begin retry
                """.replace("${bless:$local_part}", blessed(users))
                .replace("@BINARY@", binary())
                .replace("@NAME@", NAME)
                .replace("@USER@", USER)
                .replace("@DIR@", folder.toString())
                .replace("@HOST@", address.getHostString())
                .replace("@PORT@", Integer.toString(address.getPort()))
                .replace("@DOMAIN@", domain)
                .replace("@MAIN@", main)
                .replace("@ACL@", acl)
                .replace("@KNOWN@", known)
                .replace("@ANYBODY@", anybody)
                .replace("@ROUTER@", router);
        try {
            Files.writeString(folder.resolve("exim.conf"), text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Exim uses no name from outside in a path ("tainted"); one looked up in a list of ours is clean. */
    private static String blessed(List<String> users) {
        StringBuilder table = new StringBuilder("${extract{$local_part}{");
        users.forEach(user -> table.append(user).append('=').append(user).append(' '));
        return table.append("}}").toString();
    }

    /** A copy that the user Exim becomes can reach: it starts itself again for each delivery, and checkouts may be private. */
    private String binary() {
        Path copy = folder.resolve("exim4");
        try {
            if (!Files.exists(copy)) {
                Files.copy(RealServers.exim().orElseThrow(), copy);
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return copy.toString();
    }
}
