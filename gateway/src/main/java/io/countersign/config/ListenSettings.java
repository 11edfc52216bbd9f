package io.countersign.config;

import io.countersign.config.Settings.HostPort;
import java.time.Duration;
import java.util.List;

/** {@code listen}: where clients arrive and what they may cost. */
public record ListenSettings(
        List<HostPort> smtp,
        Networks proxyProtocolFrom,
        Tls tls,
        Duration greetDelay,
        BareNewlineAction bareNewline,
        Limits limits) {

    /** @param minimum {@code TLSv1.2} or {@code TLSv1.3} */
    public record Tls(Settings.KeyFiles files, String minimum) {}

    public enum BareNewlineAction {
        REJECT,
        NORMALIZE
    }

    /**
     * @param messageSize octets
     * @param transactions most transactions of one session
     * @param errors most errors of one session
     * @param idle longest wait for a command
     * @param dataRate least octets a second while content is awaited
     */
    public record Limits(
            int connections,
            int connectionsPerClient,
            long messageSize,
            int recipients,
            int transactions,
            int errors,
            Duration idle,
            int dataRate,
            UnknownRecipients unknownRecipients,
            Walls walls) {}

    /**
     * Bounds that honest mail seldom meets.
     *
     * @param connectionsPerNetwork most connections at a time of one client network (/24, /48)
     * @param waiting most sessions that wait for a verdict about their sender at a time
     * @param junkCommands most commands of one session that bring no message nearer, since its last message
     * @param received most {@code Received:} fields of one message
     * @param headerSize most octets of one message's header section
     * @param handshake longest TLS handshake
     */
    public record Walls(
            int connectionsPerNetwork,
            int waiting,
            int junkCommands,
            int received,
            long headerSize,
            Duration handshake) {}

    /** Unknown recipients that one client network may ask for in {@code per}: beyond {@code delay} slower, beyond {@code refuse} 421. */
    public record UnknownRecipients(int delay, int refuse, Duration per) {}
}
