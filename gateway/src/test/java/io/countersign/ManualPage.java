package io.countersign;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** A manual page, in the macros of man(7), made from what a command says about itself. */
final class ManualPage {
    private final StringBuilder out = new StringBuilder();
    private final String name;

    private ManualPage(String name) {
        this.name = name;
    }

    /** @param command a command of {@code countersign}, with its subcommands */
    static String of(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        ManualPage page = new ManualPage(spec.qualifiedName("-"));
        page.write(spec);
        return page.out.toString();
    }

    private void write(CommandSpec spec) {
        UsageMessageSpec usage = spec.usageMessage();
        String[] description = usage.description();
        raw(".\\\" Made from the command itself by ManualsTest (-Dpapers.write=true); changes here are overwritten.");
        raw(".TH " + name.toUpperCase(Locale.ROOT).replace("-", "\\-")
                + " 8 \"\" \"Countersign\" \"System Manager's Manual\"");
        raw(".SH NAME");
        raw(escaped(name) + " \\- " + escaped(firstClause(description[0])));
        raw(".SH SYNOPSIS");
        synopsis(spec);
        raw(".SH DESCRIPTION");
        for (int i = 0; i < description.length; i++) {
            if (i > 0) {
                raw(".PP");
            }
            text(description[i]);
        }
        options(spec);
        if (!spec.subcommands().isEmpty()) {
            raw(".SH COMMANDS");
            spec.subcommands().values().forEach(sub -> subcommand(sub.getCommandSpec()));
        }
        exits(usage);
        examples(usage.footer());
        raw(".SH SEE ALSO");
        raw(".BR countersign (8)");
    }

    /** What stands behind the name: the first sentence, without what explains it further. */
    private static String firstClause(String description) {
        String sentence = description.split("(?<=[^.])\\.(?: |$)|: ", 2)[0];
        return Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1);
    }

    private void synopsis(CommandSpec spec) {
        StringBuilder line = new StringBuilder("\\fB" + escaped(spec.qualifiedName()) + "\\fR");
        for (OptionSpec option : shown(spec)) {
            if (!option.usageHelp() && !option.versionHelp()) {
                line.append(option.required() ? " " : " [")
                        .append(name(
                                option.longestName(),
                                option.paramLabel(),
                                option.arity().max() > 0))
                        .append(option.required() ? "" : "]");
            }
        }
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            line.append(' ').append(label(parameter));
        }
        if (!spec.subcommands().isEmpty()) {
            line.append(" \\fICOMMAND\\fR");
        }
        raw(line.toString());
    }

    private static List<OptionSpec> shown(CommandSpec spec) {
        return spec.options().stream()
                .filter(option -> !option.hidden())
                .sorted(Comparator.comparing(option -> option.longestName()))
                .collect(Collectors.toList());
    }

    private static String name(String name, String label, boolean takesValue) {
        String value = label.startsWith("<") && label.endsWith(">") ? label.substring(1, label.length() - 1) : label;
        return "\\fB" + escaped(name) + "\\fR"
                + (takesValue ? (name.startsWith("--") ? "=" : " ") + "\\fI" + escaped(value) + "\\fR" : "");
    }

    private static String label(PositionalParamSpec parameter) {
        String label = "\\fI" + escaped(parameter.paramLabel()) + "\\fR"
                + (parameter.arity().max() > 1 ? "..." : "");
        return parameter.arity().min() == 0 ? "[" + label + "]" : label;
    }

    private void options(CommandSpec spec) {
        raw(".SH OPTIONS");
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            raw(".TP");
            raw(label(parameter));
            described(parameter.description(), parameter.defaultValue());
        }
        for (OptionSpec option : shown(spec)) {
            raw(".TP");
            raw(Arrays.stream(option.names())
                    .sorted(Comparator.comparing(String::length))
                    .map(n -> name(n, option.paramLabel(), option.arity().max() > 0))
                    .collect(Collectors.joining(", ")));
            described(option.description(), option.defaultValue());
        }
    }

    private void described(String[] lines, @Nullable String fallback) {
        for (String line : lines) {
            text(line.replace("${DEFAULT-VALUE}", fallback == null ? "none" : fallback));
        }
    }

    private void subcommand(CommandSpec spec) {
        raw(".TP");
        StringBuilder line = new StringBuilder("\\fB" + escaped(spec.name()) + "\\fR");
        spec.positionalParameters().forEach(parameter -> line.append(' ').append(label(parameter)));
        raw(line.toString());
        Arrays.stream(spec.usageMessage().description()).forEach(this::text);
        for (OptionSpec option : shown(spec)) {
            if (!option.usageHelp() && !option.versionHelp()) {
                raw(".RS");
                raw(".TP");
                raw(name(
                        option.longestName(),
                        option.paramLabel(),
                        option.arity().max() > 0));
                described(option.description(), option.defaultValue());
                raw(".RE");
            }
        }
    }

    private void exits(UsageMessageSpec usage) {
        Map<String, String> codes = usage.exitCodeList();
        if (codes.isEmpty()) {
            return;
        }
        raw(".SH EXIT STATUS");
        String heading = usage.exitCodeListHeading().replace("%n", "").strip();
        int more = heading.indexOf('(');
        if (more >= 0) {
            String remark = heading.substring(more + 1, heading.lastIndexOf(')'));
            text(Character.toUpperCase(remark.charAt(0)) + remark.substring(1) + ".");
        }
        codes.forEach((code, meaning) -> {
            raw(".TP");
            raw(".B " + escaped(code.strip()));
            text(meaning);
        });
    }

    private void examples(String[] footer) {
        List<String> lines = new ArrayList<>();
        for (String part : footer) {
            lines.addAll(Arrays.asList(part.split("%n", -1)));
        }
        boolean literal = false;
        for (String line : lines) {
            if (line.equals("Examples:") || line.equals("Example:")) {
                raw(".SH EXAMPLES");
            } else if (line.startsWith("  ")) {
                if (!literal) {
                    raw(".nf");
                    literal = true;
                }
                text(line.strip());
            } else if (!line.isBlank()) {
                if (literal) {
                    raw(".fi");
                    literal = false;
                }
                raw(".PP");
                text(line);
            }
        }
        if (literal) {
            raw(".fi");
        }
    }

    private void text(String words) {
        for (String line : words.replace("%n", "\n").replace("%%", "%").lines().toList()) {
            if (!line.isBlank()) {
                String safe = escaped(line.strip());
                raw(safe.startsWith(".") || safe.startsWith("'") ? "\\&" + safe : safe);
            }
        }
    }

    private static String escaped(String text) {
        if (!StandardCharsets.US_ASCII.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException("not ASCII: " + text);
        }
        return text.replace("\\", "\\e").replace("-", "\\-");
    }

    private void raw(String line) {
        out.append(line).append('\n');
    }
}
