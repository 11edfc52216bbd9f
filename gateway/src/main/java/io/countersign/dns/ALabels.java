package io.countersign.dns;

import com.ibm.icu.text.IDNA;
import java.util.Locale;
import java.util.Optional;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The form of a domain that DNS knows: U-labels become A-labels by UTS #46, non-transitional, as registries have it (IDNA 2008). */
public final class ALabels {
    private ALabels() {}

    /**
     * Lower-case A-labels; empty when the domain is not valid. Given synchronously for ASCII; anything else is converted on a
     * worker thread, because the tables are read from a file at first use.
     */
    public static Mono<Optional<String>> of(String domain) {
        return isAscii(domain)
                ? Mono.just(Optional.of(domain.toLowerCase(Locale.ROOT)))
                : Mono.fromCallable(() -> Uts46.convert(domain)).subscribeOn(Schedulers.boundedElastic());
    }

    /** Whether its lower case is all there is to its form in DNS. */
    public static boolean isAscii(String domain) {
        for (int i = 0; i < domain.length(); i++) {
            if (domain.charAt(i) > 0x7f) {
                return false;
            }
        }
        return true;
    }

    /** Loaded, with its tables, only when the first U-label comes. */
    private static final class Uts46 {
        private static final IDNA IDNA_2008 = IDNA.getUTS46Instance(
                IDNA.NONTRANSITIONAL_TO_ASCII | IDNA.USE_STD3_RULES | IDNA.CHECK_BIDI | IDNA.CHECK_CONTEXTJ);

        static Optional<String> convert(String domain) {
            IDNA.Info info = new IDNA.Info();
            StringBuilder ascii = IDNA_2008.nameToASCII(domain, new StringBuilder(), info);
            return info.hasErrors() ? Optional.empty() : Optional.of(ascii.toString());
        }
    }
}
