package io.countersign.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.countersign.admin.http.Token;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenFilesTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path folder;

    @Test
    void a_token_is_for_its_user_alone_and_found_by_the_port() throws IOException {
        TokenFiles files = new TokenFiles(Map.of("XDG_RUNTIME_DIR", folder.toString()), folder);
        Token token = Token.random();

        Path file = files.keep(token, 8025);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
        assertThat(files.find(8025).orElseThrow().secret()).isEqualTo(token.secret());
        assertThat(files.find(8026)).isEmpty();
    }

    @Test
    void a_service_keeps_it_where_systemd_says_and_a_user_without_a_session_in_the_cache() throws IOException {
        Path runtime = Files.createDirectory(folder.resolve("run"));
        assertThat(new TokenFiles(Map.of("RUNTIME_DIRECTORY", runtime + ":/elsewhere"), folder)
                        .keep(Token.random(), 1)
                        .getParent())
                .isEqualTo(runtime);
        assertThat(new TokenFiles(Map.of(), folder).keep(Token.random(), 1).getParent())
                .isEqualTo(folder.resolve(".cache/countersign"));
    }

    @Test
    void IN11_a_token_does_not_print() {
        Token token = Token.random();
        assertThat(token.secret()).matches("[A-Za-z0-9_-]{43}");
        assertThat("" + token).doesNotContain(token.secret());
    }
}
