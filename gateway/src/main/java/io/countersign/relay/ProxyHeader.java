package io.countersign.relay;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** The PROXY protocol header (version 2) that tells the MTA whose connection this is, before anything else. */
final class ProxyHeader {
    private ProxyHeader() {}

    /** Writes and flushes it. @param client null for a connection of our own ({@code LOCAL}) */
    static void write(Channel channel, @Nullable ClientIdentity client) {
        channel.pipeline().addFirst(HAProxyMessageEncoder.INSTANCE);
        ChannelHandlerContext encoder = channel.pipeline().context(HAProxyMessageEncoder.INSTANCE);
        channel.writeAndFlush(client == null ? local() : proxied(client), channel.voidPromise());
        channel.pipeline().remove(encoder.name());
    }

    private static HAProxyMessage local() {
        return new HAProxyMessage(
                HAProxyProtocolVersion.V2, HAProxyCommand.LOCAL, HAProxyProxiedProtocol.UNKNOWN, null, null, 0, 0);
    }

    private static HAProxyMessage proxied(ClientIdentity client) {
        InetAddress from = client.address().getAddress();
        InetAddress to = client.local().getAddress();
        if (from == null || to == null) {
            return local();
        }
        boolean ipv4 = from instanceof Inet4Address && to instanceof Inet4Address;
        return new HAProxyMessage(
                HAProxyProtocolVersion.V2,
                HAProxyCommand.PROXY,
                ipv4 ? HAProxyProxiedProtocol.TCP4 : HAProxyProxiedProtocol.TCP6,
                ipv4 ? NetUtil.toAddressString(from) : sixteenOctets(from),
                ipv4 ? NetUtil.toAddressString(to) : sixteenOctets(to),
                client.address().getPort(),
                client.local().getPort());
    }

    /** The two may differ in kind behind a load balancer: the header has room for one kind, so IPv4 goes in mapped. */
    private static String sixteenOctets(InetAddress address) {
        String text = NetUtil.toAddressString(address);
        return address instanceof Inet4Address ? "::ffff:" + text : text;
    }
}
