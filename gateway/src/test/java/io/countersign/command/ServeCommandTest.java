package io.countersign.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ServeCommandTest {
    @Test
    void serving_with_or_without_a_file_needs_no_look_at_the_other_commands() {
        assertThat(ServeCommand.plain("serve")).contains(ConfigFileOption.USUAL);
        assertThat(ServeCommand.plain("serve", "-c", "a b.conf")).contains(Path.of("a b.conf"));
        assertThat(ServeCommand.plain("serve", "--config", "/etc/c.conf")).contains(Path.of("/etc/c.conf"));
    }

    @Test
    void whatever_else_is_said_is_read_by_the_command_line() {
        assertThat(ServeCommand.plain()).isEmpty();
        assertThat(ServeCommand.plain("check", "-c", "c.conf")).isEmpty();
        assertThat(ServeCommand.plain("serve", "--help")).isEmpty();
        assertThat(ServeCommand.plain("serve", "-c")).isEmpty();
        assertThat(ServeCommand.plain("serve", "-c", "")).isEmpty();
        assertThat(ServeCommand.plain("serve", "-c", "--help")).isEmpty();
        assertThat(ServeCommand.plain("serve", "-c", "one.conf", "-c", "two.conf"))
                .isEmpty();
    }
}
