package io.countersign.command;

import picocli.CommandLine.IVersionProvider;

/** The version in the jar's manifest. */
public final class Version implements IVersionProvider {
    /** {@code (not packaged)} outside a jar. */
    public static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "(not packaged)" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "countersign " + text(), "Java " + Runtime.version() + ", " + System.getProperty("java.vm.name")
        };
    }
}
