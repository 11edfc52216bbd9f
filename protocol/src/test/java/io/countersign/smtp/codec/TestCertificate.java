package io.countersign.smtp.codec;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;

/** A self-signed certificate for mx.example.org, good until 2125; made with keytool. */
final class TestCertificate {
    static final String HOST = "mx.example.org";
    private static final char[] PASSWORD = "changeit".toCharArray();

    private TestCertificate() {}

    static SslContext server(SslProvider provider) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store(), PASSWORD);
        return SslContextBuilder.forServer(keys).sslProvider(provider).build();
    }

    /** Verifies certificate and name. */
    static SslContext client(SslProvider provider) throws Exception {
        X509Certificate trusted = (X509Certificate) store().getCertificate("exchanger");
        return SslContextBuilder.forClient()
                .sslProvider(provider)
                .trustManager(trusted)
                .build();
    }

    private static KeyStore store() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream file = TestCertificate.class.getResourceAsStream(HOST + ".p12")) {
            store.load(Objects.requireNonNull(file), PASSWORD);
        }
        return store;
    }
}
