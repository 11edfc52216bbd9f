package io.countersign.real;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;

/**
 * One of the configurations that an operator gets with Countersign ({@code deploy/}), with the few places replaced that a test
 * must have otherwise. A place that is not there fails the test: the sample has moved away from what is tested.
 */
final class SampleFile {
    private final String text;

    private SampleFile(String text) {
        this.text = text;
    }

    /** @param name below {@code deploy/}, e.g. {@code postfix/main.cf} */
    static SampleFile of(String name) {
        try {
            return new SampleFile(
                    Files.readString(RealServers.checkout().resolve("deploy").resolve(name), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    SampleFile with(String place, String value) {
        assertThat(text).as("the sample configuration").contains(place);
        return new SampleFile(text.replace(place, value));
    }

    @Override
    public String toString() {
        return text;
    }
}
