package io.countersign.config;

import io.countersign.config.CalloutSettings.Rate;
import io.countersign.config.Settings.HostPort;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Quantities as they are written, and back. Every parser throws {@link IllegalArgumentException} with words for the operator. */
final class Units {
    private static final Pattern QUANTITY = Pattern.compile("(\\d{1,40})\\s*([A-Za-z]*)");
    private static final Pattern NUMBER = Pattern.compile("-?\\d{1,40}");
    private static final Pattern RATE = Pattern.compile("(\\d{1,9})\\s*/\\s*([a-z]+)");
    private static final Pattern PERCENT = Pattern.compile("(\\d{1,3})\\s*%");
    private static final Pattern HOST_PORT = Pattern.compile("(?:\\[([^\\]]*)]|([^\\[\\]:]*)):(\\d{1,5})");

    private static final Map<String, Duration> TIMES = Map.of(
            "ms", Duration.ofMillis(1),
            "s", Duration.ofSeconds(1),
            "m", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "d", Duration.ofDays(1));

    private static final Map<String, Long> SIZES = Map.of(
            "B", 1L,
            "kB", 1000L,
            "MB", 1_000_000L,
            "GB", 1_000_000_000L,
            "KiB", 1L << 10,
            "MiB", 1L << 20,
            "GiB", 1L << 30);

    private static final Map<String, Duration> PERIODS = Map.of(
            "s", Duration.ofSeconds(1),
            "sec", Duration.ofSeconds(1),
            "min", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "hour", Duration.ofHours(1),
            "d", Duration.ofDays(1),
            "day", Duration.ofDays(1));

    private Units() {}

    static Duration duration(String text) {
        Matcher m = QUANTITY.matcher(text);
        Duration unit = m.matches() ? TIMES.get(m.group(2)) : null;
        if (unit == null) {
            throw new IllegalArgumentException(
                    Quoted.of(text) + " is no duration: write a whole number with ms, s, m, h or d, as in 30s");
        }
        return Duration.ofMillis(times(m.group(1), unit.toMillis()));
    }

    /** Octets. */
    static long size(String text) {
        Matcher m = QUANTITY.matcher(text);
        Long unit = m.matches() ? SIZES.get(m.group(2)) : null;
        if (unit == null) {
            throw new IllegalArgumentException(
                    Quoted.of(text) + " is no size: write a whole number with B, KiB, MiB or GiB, as in 50MiB");
        }
        return times(m.group(1), unit);
    }

    private static long times(String number, long unit) {
        BigInteger product = new BigInteger(number).multiply(BigInteger.valueOf(unit));
        if (product.bitLength() >= Long.SIZE) {
            throw new IllegalArgumentException(Quoted.of(number) + " is far too large");
        }
        return product.longValue();
    }

    static long number(String text) {
        if (!NUMBER.matcher(text).matches()) {
            throw new IllegalArgumentException(Quoted.of(text) + " is no whole number");
        }
        return times(text, 1);
    }

    /** Permits and the period they are for; burst and concurrency are other keys. */
    static Rate rate(String text) {
        Matcher m = RATE.matcher(text);
        Duration period = m.matches() ? PERIODS.get(m.group(2)) : null;
        if (period == null) {
            throw new IllegalArgumentException(
                    Quoted.of(text) + " is no rate: write a number for each s, min, h or d, as in 10/min");
        }
        int permits = Integer.parseInt(m.group(1));
        if (permits < 1) {
            throw new IllegalArgumentException(Quoted.of(text) + " allows nothing: at least 1 is needed");
        }
        return new Rate(permits, period, 1, 1);
    }

    static int percent(String text) {
        Matcher m = PERCENT.matcher(text);
        int share = m.matches() ? Integer.parseInt(m.group(1)) : 0;
        if (share < 1 || share > 100) {
            throw new IllegalArgumentException(Quoted.of(text) + " is no share: write 1% to 100%");
        }
        return share;
    }

    /** Only addresses: nothing is looked up where we listen. Port 0 is any free one. */
    static HostPort listenAddress(String text) {
        String example = "write an address of this machine, as \"127.0.0.1:25\" or \"[::]:25\"";
        HostPort address = hostPort(text, 0, example);
        if (Cidr.parseAddress(address.host()).isEmpty()) {
            throw new IllegalArgumentException(Quoted.of(text) + " names no address: " + example);
        }
        return address;
    }

    static HostPort hostPort(String text) {
        return hostPort(text, 1, "write \"127.0.0.1:25\", \"[2001:db8::1]:25\" or \"mta.example.org:25\"");
    }

    /** A resolver: an address with or without port. */
    static HostPort resolver(String text) {
        if (Cidr.parseAddress(text).isPresent()) {
            return new HostPort(text, 53);
        }
        String example = "write an address, as \"192.0.2.53\", \"127.0.0.1:5353\" or \"[2001:db8::53]:5353\"";
        HostPort server = hostPort(text, 1, example);
        if (Cidr.parseAddress(server.host()).isEmpty()) {
            throw new IllegalArgumentException(Quoted.of(text) + " names no address: " + example);
        }
        return server;
    }

    /** @param lowest 1, or 0 where any free port will do */
    private static HostPort hostPort(String text, int lowest, String example) {
        Matcher m = HOST_PORT.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException(Quoted.of(text) + " is no host and port: " + example);
        }
        int port = Integer.parseInt(m.group(3));
        if (port < lowest || port > 65535) {
            throw new IllegalArgumentException(Quoted.of(text) + ": a port is " + lowest + " to 65535");
        }
        String inBrackets = m.group(1);
        if (inBrackets != null && inBrackets.indexOf(':') < 0) {
            throw new IllegalArgumentException(Quoted.of(text) + ": brackets are for IPv6 addresses");
        }
        return new HostPort(host(inBrackets != null ? inBrackets : m.group(2), text), port);
    }

    private static String host(String host, String whole) {
        if (Cidr.parseAddress(host).isPresent()) {
            return host;
        }
        boolean numeric = host.matches("[0-9.]*");
        return HostNames.normalise(host)
                .filter(name -> !numeric)
                .orElseThrow(() -> new IllegalArgumentException(
                        Quoted.of(whole) + ": " + Quoted.of(host) + " is neither a host name nor an address"));
    }

    /** In the largest unit that expresses it exactly. */
    static String print(Duration duration) {
        long millis = duration.toMillis();
        for (String unit : new String[] {"d", "h", "m", "s"}) {
            long each = TIMES.getOrDefault(unit, Duration.ZERO).toMillis();
            if (millis != 0 && millis % each == 0) {
                return millis / each + unit;
            }
        }
        return millis == 0 ? "0s" : millis + "ms";
    }

    static String printSize(long octets) {
        for (String unit : new String[] {"GiB", "MiB", "KiB"}) {
            long each = SIZES.getOrDefault(unit, 1L);
            if (octets != 0 && octets % each == 0) {
                return octets / each + unit;
            }
        }
        return octets + "B";
    }
}
