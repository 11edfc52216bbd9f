package io.countersign.spf;

import io.countersign.dns.ALabels;
import io.countersign.dns.Dns;
import io.countersign.dns.Lookup;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import reactor.core.publisher.Mono;

/** A domain's policy, looked at as its owner would: is it there, can it be read, does it stay within the limits? Thread safe. */
public final class SpfReview {
    /** What is to be said about it. */
    public enum Finding {
        SOUND,
        NONE,
        /** More than one record (RFC 7208 §4.5). */
        SEVERAL,
        SYNTAX,
        /** Over the limits of §4.6.4. */
        TOO_MANY_LOOKUPS,
        /** An include or redirect leads to no policy, or to a broken one. */
        BROKEN_REFERENCE,
        /** An address that nobody can have passes. */
        ALLOWS_EVERYBODY,
        /** DNS did not answer. */
        FAILURE
    }

    /** @param record the record itself, as it stands in DNS; empty when there is none */
    public record Result(Finding finding, String record) {}

    /** An address of TEST-NET-1 (RFC 5737), which no mail can come from: every term is gone through, none should match. */
    private static final byte[] NOBODY = {(byte) 192, 0, 2, 1};

    private static final String POSTMASTER = "postmaster";

    private SpfReview() {}

    /** Never fails. */
    public static Mono<Result> of(Dns dns, String domain) {
        return ALabels.of(domain)
                .flatMap(name -> name.isEmpty()
                        ? Mono.just(new Result(Finding.NONE, ""))
                        : dns.txt(name.get()).flatMap(texts -> switch (texts.kind()) {
                            case FAILED -> Mono.just(new Result(Finding.FAILURE, ""));
                            case NO_SUCH_NAME, NO_DATA -> Mono.just(new Result(Finding.NONE, ""));
                            case FOUND ->
                                review(
                                        dns,
                                        name.get(),
                                        ((Lookup.Found<String>) texts)
                                                .records().stream()
                                                        .filter(SpfRecord::isPolicy)
                                                        .toList());
                        }));
    }

    private static Mono<Result> review(Dns dns, String domain, List<String> policies) {
        if (policies.size() != 1) {
            return Mono.just(
                    policies.isEmpty()
                            ? new Result(Finding.NONE, "")
                            : new Result(Finding.SEVERAL, policies.size() + " records"));
        }
        String record = policies.get(0);
        try {
            SpfRecord.parse(record);
        } catch (SpfSyntaxException e) {
            return Mono.just(new Result(Finding.SYNTAX, record));
        }
        SpfCheck check = new SpfCheck(dns, new Sender(nobody(), domain, POSTMASTER, domain));
        return check.run()
                .timeout(Spf.LONGEST_CHECK, Mono.just(SpfResult.TEMPERROR))
                .map(result -> switch (result) {
                    case PASS -> Finding.ALLOWS_EVERYBODY;
                    case TEMPERROR -> Finding.FAILURE;
                    case PERMERROR -> check.isOverLimit() ? Finding.TOO_MANY_LOOKUPS : Finding.BROKEN_REFERENCE;
                    case NONE, NEUTRAL, FAIL, SOFTFAIL -> Finding.SOUND;
                })
                .map(finding -> new Result(finding, record));
    }

    private static InetAddress nobody() {
        try {
            return InetAddress.getByAddress(NOBODY);
        } catch (UnknownHostException e) {
            throw new AssertionError("four octets are an address", e);
        }
    }
}
