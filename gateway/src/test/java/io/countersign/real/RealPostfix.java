package io.countersign.real;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A Postfix of the system's package with a queue, a log and ports of its own, on loopback. It is one of three things: the MTA
 * behind Countersign, configured by {@code deploy/postfix}; a sender's exchanger; or a server that asks others whether senders
 * exist.
 */
final class RealPostfix implements AutoCloseable {
    /** Its name in greetings and in the log. */
    static final String NAME = "mta.test";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final String SERVICES = """
            pickup     unix       n  -  n  60    1  pickup
            cleanup    unix       n  -  n  -     0  cleanup
            qmgr       unix       n  -  n  300   1  qmgr
            rewrite    unix       -  -  n  -     -  trivial-rewrite
            bounce     unix       -  -  n  -     0  bounce
            defer      unix       -  -  n  -     0  bounce
            trace      unix       -  -  n  -     0  bounce
            verify     unix       -  -  n  -     1  verify
            flush      unix       n  -  n  1000? 0  flush
            proxymap   unix       -  -  n  -     -  proxymap
            smtp       unix       -  -  n  -     -  smtp
            showq      unix       n  -  n  -     -  showq
            error      unix       -  -  n  -     -  error
            retry      unix       -  -  n  -     -  error
            discard    unix       -  -  n  -     -  discard
            local      unix       -  n  n  -     -  local
            virtual    unix       -  n  n  -     -  virtual
            anvil      unix       -  -  n  -     1  anvil
            scache     unix       -  -  n  -     1  scache
            postlog    unix-dgram n  -  n  -     1  postlogd
            """;

    private final Path folder;
    private final InetSocketAddress address;
    private boolean running;

    private RealPostfix(Path folder, InetSocketAddress address) {
        this.folder = folder;
        this.address = address;
    }

    /** The MTA behind us, with {@code deploy/postfix}; the users' mail goes into maildirs. */
    static RealPostfix behindCountersign(Path parent, String domain, List<String> users) {
        return behindCountersign(parent, domain, users, UnaryOperator.identity());
    }

    /** @param change of the sample's {@code master.cf} */
    static RealPostfix behindCountersign(
            Path parent, String domain, List<String> users, UnaryOperator<SampleFile> change) {
        RealPostfix postfix =
                new RealPostfix(RealServers.openFolder(parent, "postfix-behind"), RealServers.freePlace());
        return postfix.configured(sampleMain(domain) + postfix.mailboxes(domain, users), postfix.sampleMaster(change))
                .start();
    }

    /** The same for loads: any recipient exists, and mail is thrown away after it has gone through the queue and into the log. */
    static RealPostfix sinkBehindCountersign(Path parent, String domain) {
        RealPostfix postfix = new RealPostfix(RealServers.openFolder(parent, "postfix-sink"), RealServers.freePlace());
        String main = sampleMain(domain) + "local_recipient_maps = static:all\nlocal_transport = discard\n";
        return postfix.configured(main, postfix.sampleMaster(UnaryOperator.identity()))
                .start();
    }

    /** The exchanger of a domain: it knows these users. */
    static RealPostfix exchanger(Path parent, InetSocketAddress address, String domain, List<String> users) {
        RealPostfix postfix = new RealPostfix(RealServers.openFolder(parent, "postfix-exchanger"), address);
        String main = "inet_protocols = ipv4\nmydestination = " + domain
                + "\nmynetworks =\nsmtpd_peername_lookup = no\n" + postfix.mailboxes(domain, users);
        return postfix.configured(main, postfix.place() + " inet n - n - - smtpd\n")
                .start();
    }

    /** A server that verifies senders: those of {@code asked} at {@code target}. It takes mail for anybody at its own domain. */
    static RealPostfix asker(Path parent, String domain, String asked, InetSocketAddress target) {
        RealPostfix postfix = new RealPostfix(RealServers.openFolder(parent, "postfix-asker"), RealServers.freePlace());
        String main = """
                mydestination = @DOMAIN@
                mynetworks =
                local_recipient_maps = static:all
                local_transport = discard
                transport_maps = inline:{ { @ASKED@ = smtp:[@HOST@]:@PORT@ } }
                smtpd_peername_lookup = no
                smtpd_relay_restrictions = reject_unauth_destination
                smtpd_recipient_restrictions = reject_unverified_sender
                unverified_sender_reject_code = 550
                address_verify_poll_count = 20
                address_verify_poll_delay = 1s
                smtp_connect_timeout = 5s
                """.replace("@DOMAIN@", domain)
                .replace("@ASKED@", asked)
                .replace("@HOST@", target.getAddress().getHostAddress())
                .replace("@PORT@", Integer.toString(target.getPort()));
        return postfix.configured(main, postfix.place() + " inet n - n - - smtpd\n")
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
        return new ServerLog(folder.resolve("mail.log"));
    }

    Maildir mailbox(String user) {
        return new Maildir(folder.resolve("mail").resolve(user));
    }

    RealPostfix start() {
        control("start");
        running = true;
        return this;
    }

    /** Its ports are closed when this returns. */
    void stop() {
        control("stop");
        running = false;
    }

    @Override
    public void close() {
        if (running) {
            stop();
        }
    }

    private void control(String what) {
        Program.run(PATIENCE, "postfix", "-c", folder.resolve("conf").toString(), what)
                .orFail("postfix " + what);
    }

    private static String sampleMain(String domain) {
        return SampleFile.of("postfix/main.cf").with("@DOMAINS@", domain).toString();
    }

    /** The port is ours, and there is no chroot to prepare. */
    private String sampleMaster(UnaryOperator<SampleFile> change) {
        return change.apply(SampleFile.of("postfix/master.cf"))
                .with("127.0.0.1:10025 inet  n       -      y ", place() + " inet  n       -      n ")
                .toString();
    }

    /** Users whose mail virtual(8) puts into maildirs, octet for octet. */
    private String mailboxes(String domain, List<String> users) {
        RealServers.folderOf("postfix", folder.resolve("mail"));
        return "local_transport = virtual\n"
                + "local_recipient_maps = inline:{ "
                + users.stream().map(u -> u + "=x").collect(Collectors.joining(", "))
                + " }\n"
                + "virtual_mailbox_maps = inline:{ "
                + users.stream().map(u -> u + "@" + domain + "=" + u + "/").collect(Collectors.joining(", "))
                + " }\n"
                + "virtual_mailbox_base = " + folder.resolve("mail") + "\n"
                + "virtual_uid_maps = static:" + uid("postfix") + "\n"
                + "virtual_gid_maps = static:65534\n";
    }

    private RealPostfix configured(String main, String smtpd) {
        Path conf = RealServers.openFolder(folder, "conf");
        RealServers.openFolder(folder, "queue");
        RealServers.folderOf("postfix", folder.resolve("data"));
        String base = """
                compatibility_level = 3.6
                queue_directory = @DIR@/queue
                data_directory = @DIR@/data
                maillog_file = @DIR@/mail.log
                maillog_file_prefixes = @DIR@
                mail_owner = postfix
                setgid_group = postdrop
                myhostname = @NAME@
                inet_interfaces = all
                alias_maps =
                """.replace("@DIR@", folder.toString()).replace("@NAME@", NAME);
        try {
            Files.writeString(conf.resolve("main.cf"), base + main, StandardCharsets.UTF_8);
            Files.writeString(conf.resolve("master.cf"), smtpd + SERVICES, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    private static String uid(String user) {
        return Program.run(PATIENCE, "id", "-u", user).orFail("id").output().trim();
    }
}
