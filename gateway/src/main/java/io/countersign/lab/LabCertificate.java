package io.countersign.lab;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.Locale;
import javax.net.ssl.SSLException;

/**
 * A self-signed certificate made on the spot (P-256, valid 2020 to 2049): the JDK can sign one but has no public class
 * that writes one, so the few DER structures of RFC 5280 §4.1 are put together here.
 *
 * <pre>{@code
 * LabCertificate mine = LabCertificate.selfSigned("mx1.example.org");
 * mine.writePem(folder);   // folder/certificate.pem and folder/key.pem, for listen.tls
 * }</pre>
 */
public final class LabCertificate {
    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final byte[] ECDSA_WITH_SHA256 = sequence(der(0x06, hex("2a8648ce3d040302")));

    private final PrivateKey key;
    private final X509Certificate certificate;

    private LabCertificate(PrivateKey key, X509Certificate certificate) {
        this.key = key;
        this.certificate = certificate;
    }

    /** A new key and a certificate for {@code host}, as common name and as the one alternative name. */
    public static LabCertificate selfSigned(String host) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            byte[] name = sequence(der(SET, sequence(der(0x06, hex("550403")), der(0x0c, utf8(host)))));
            byte[] validity = sequence(der(0x17, utf8("200101000000Z")), der(0x17, utf8("491231235959Z")));
            byte[] alternative =
                    sequence(der(0x82, host.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII)));
            byte[] extensions = der(0xa3, sequence(sequence(der(0x06, hex("551d11")), der(0x04, alternative))));
            byte[] tbs = sequence(
                    der(0xa0, der(0x02, new byte[] {2})),
                    der(
                            0x02,
                            BigInteger.valueOf(System.nanoTime())
                                    .abs()
                                    .add(BigInteger.ONE)
                                    .toByteArray()),
                    ECDSA_WITH_SHA256,
                    name,
                    validity,
                    name,
                    pair.getPublic().getEncoded(),
                    extensions);
            Signature signer = Signature.getInstance("SHA256withECDSA");
            signer.initSign(pair.getPrivate());
            signer.update(tbs);
            byte[] signature = join(new byte[] {0}, signer.sign());
            byte[] encoded = sequence(tbs, ECDSA_WITH_SHA256, der(0x03, signature));
            X509Certificate certificate = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
            certificate.verify(pair.getPublic());
            return new LabCertificate(pair.getPrivate(), certificate);
        } catch (CertificateException e) {
            throw new IllegalStateException("the certificate written for " + host + " cannot be read back", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot sign with P-256 and SHA-256", e);
        }
    }

    public X509Certificate certificate() {
        return certificate;
    }

    public PrivateKey key() {
        return key;
    }

    /**
     * Writes {@code certificate.pem} and {@code key.pem} (PKCS #8) into {@code folder}.
     *
     * @throws UncheckedIOException if the folder cannot be written
     */
    public void writePem(Path folder) {
        try {
            Files.writeString(folder.resolve("certificate.pem"), pem("CERTIFICATE", certificate.getEncoded()));
            Files.writeString(folder.resolve("key.pem"), pem("PRIVATE KEY", key.getEncoded()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (CertificateException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The server's side of TLS with this certificate, by the JDK's own provider. */
    SslContext server() {
        try {
            return SslContextBuilder.forServer(key, certificate)
                    .sslProvider(SslProvider.JDK)
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException("TLS cannot be set up with a P-256 certificate", e);
        }
    }

    private static String pem(String what, byte[] content) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n";
    }

    private static byte[] sequence(byte[]... parts) {
        return der(SEQUENCE, parts);
    }

    private static byte[] der(int tag, byte[]... parts) {
        byte[] content = join(parts);
        byte[] length;
        if (content.length < 0x80) {
            length = new byte[] {(byte) content.length};
        } else if (content.length < 0x100) {
            length = new byte[] {(byte) 0x81, (byte) content.length};
        } else {
            length = new byte[] {(byte) 0x82, (byte) (content.length >> 8), (byte) content.length};
        }
        return join(new byte[] {(byte) tag}, length, content);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] hex(String digits) {
        return java.util.HexFormat.of().parseHex(digits);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
