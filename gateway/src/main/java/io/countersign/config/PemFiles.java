package io.countersign.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether the PEM files that are named can be used: found out when the configuration is read, not at the first STARTTLS. */
final class PemFiles {
    private static final long LARGEST = 4 << 20;
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]*)-----END PRIVATE KEY-----");
    private static final Pattern OTHER_KEY = Pattern.compile("-----BEGIN ([A-Z]+ PRIVATE KEY)-----");

    /** What is wrong with a file, in words that follow its name. */
    private static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;

        Unusable(String message) {
            super(message);
        }
    }

    private PemFiles() {}

    static void checkAuthorities(Section section, Path file) {
        try {
            certificates(file);
        } catch (Unusable unusable) {
            section.problem("ca-file", Quoted.path(file) + " " + unusable.getMessage());
        }
    }

    /** Each file for itself, then that they belong together. */
    static void checkPair(Section tls, Path certificate, Path key) {
        Certificate own = null;
        try {
            own = certificates(certificate).iterator().next();
        } catch (Unusable unusable) {
            tls.problem("certificate", Quoted.path(certificate) + " " + unusable.getMessage());
        }
        try {
            byte[] der = key(key);
            if (own != null && !belongsTo(der, own.getPublicKey())) {
                throw new Unusable("is not the key of the certificate in " + Quoted.path(certificate));
            }
        } catch (Unusable unusable) {
            tls.problem("key", Quoted.path(key) + " " + unusable.getMessage());
        }
    }

    private static Collection<? extends Certificate> certificates(Path file) throws Unusable {
        String text = read(file);
        if (!text.contains("-----BEGIN CERTIFICATE-----")) {
            throw new Unusable("holds no certificate (PEM)");
        }
        try {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (CertificateException broken) {
            throw new Unusable("holds a broken certificate");
        }
    }

    private static byte[] key(Path file) throws Unusable {
        String text = read(file);
        Matcher key = PRIVATE_KEY.matcher(text);
        if (!key.find()) {
            Matcher other = OTHER_KEY.matcher(text);
            if (!other.find()) {
                throw new Unusable("holds no private key (PEM)");
            }
            throw new Unusable("holds a key of another form (" + other.group(1)
                    + "); PKCS #8 without a passphrase is needed:" + " openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW");
        }
        try {
            return Base64.getMimeDecoder().decode(key.group(1));
        } catch (IllegalArgumentException broken) {
            throw new Unusable("holds a broken private key");
        }
    }

    /** Signs with one and verifies with the other. */
    private static boolean belongsTo(byte[] pkcs8, PublicKey certified) throws Unusable {
        String algorithm = certified.getAlgorithm();
        String signing = switch (algorithm) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "EdDSA" -> "EdDSA";
            default -> throw new Unusable("is for a certificate of an unknown kind (" + algorithm + ")");
        };
        PrivateKey key;
        try {
            key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (GeneralSecurityException otherKind) {
            throw new Unusable("holds no " + algorithm + " key, which its certificate is for");
        }
        try {
            byte[] sample = "countersign".getBytes(StandardCharsets.US_ASCII);
            Signature signature = Signature.getInstance(signing);
            signature.initSign(key);
            signature.update(sample);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(sample);
            return signature.verify(signed);
        } catch (GeneralSecurityException mismatch) {
            return false; // Keys of different sizes or curves end here.
        }
    }

    private static String read(Path file) throws Unusable {
        try {
            if (Files.isDirectory(file)) {
                throw new Unusable("is a directory");
            }
            if (Files.size(file) > LARGEST) {
                throw new Unusable("is too large to be a PEM file");
            }
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException missing) {
            throw new Unusable("does not exist");
        } catch (AccessDeniedException denied) {
            throw new Unusable("may not be read by this user");
        } catch (IOException failed) {
            throw new Unusable("cannot be read: " + failed.getMessage());
        }
    }
}
