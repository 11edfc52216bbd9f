package io.countersign.bench;

import io.countersign.config.DomainPatterns;
import io.countersign.config.Networks;
import io.countersign.smtp.MailDomain;
import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * An address in a list of 1,000 networks, a domain in a list of 1,000 patterns; the one that matches stands in the middle.
 *
 * <p>Beside them what handlers and filters do: Netty's subnet rules one after the other (as in its {@code RuleBasedIpFilter}), one
 * regular expression of all patterns, {@code endsWith} in a loop. All give the same answers here.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ListLookup {
    private static final int COUNT = 1_000;

    private final List<String> cidrs = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final List<IpSubnetFilterRule> rules = new ArrayList<>();
    private final List<String> suffixes = new ArrayList<>();
    private final Networks networks;
    private final DomainPatterns patterns;
    private final Pattern expression;
    private final InetAddress inside = Samples.inet("10.1.244.7");
    private final InetSocketAddress insideSocket = new InetSocketAddress(inside, 25);
    private final InetAddress outside = Samples.inet("192.0.2.1");
    private final MailDomain below = Samples.address("a@mail.d500.example.org").domain();
    private final MailDomain elsewhere =
            Samples.address("a@mail.wonderland.example.com").domain();

    public ListLookup() {
        for (int i = 0; i < COUNT; i++) {
            String network = "10." + i / 256 + "." + i % 256 + ".0";
            cidrs.add(network + "/24");
            rules.add(new IpSubnetFilterRule(network, 24, IpFilterRuleType.REJECT));
            names.add("*.d" + i + ".example.org");
            suffixes.add(".d" + i + ".example.org");
        }
        networks = Networks.of(cidrs);
        patterns = DomainPatterns.of(names);
        expression = Pattern.compile(".+(?:" + String.join("|", suffixes).replace(".", "\\.") + ")");
    }

    @Benchmark
    public boolean network() {
        return networks.contains(inside);
    }

    @Benchmark
    public boolean networkMiss() {
        return networks.contains(outside);
    }

    @Benchmark
    public boolean networkByFilterRules() {
        for (IpSubnetFilterRule rule : rules) {
            if (rule.matches(insideSocket)) {
                return true;
            }
        }
        return false;
    }

    @Benchmark
    public boolean domain() {
        return patterns.matches(below);
    }

    @Benchmark
    public boolean domainMiss() {
        return patterns.matches(elsewhere);
    }

    @Benchmark
    public boolean domainByEndsWith() {
        String name = below.key();
        for (String suffix : suffixes) {
            if (name.endsWith(suffix)) {
                return true;
            }
        }
        return false;
    }

    @Benchmark
    public boolean domainByRegex() {
        return expression.matcher(below.key()).matches();
    }
}
