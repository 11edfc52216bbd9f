package io.countersign.diagnosis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Tables that lie beside this class: a row a line, fields between bars, comments behind a hash. */
final class DataFile {
    private DataFile() {}

    /** @throws IllegalArgumentException naming the line that has not as many fields, or an empty one */
    static List<String[]> rows(String file, int fields) {
        try (InputStream in = DataFile.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException("not packaged: " + file);
            }
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            List<String[]> rows = new ArrayList<>();
            int number = 0;
            for (String line : reader.lines().toList()) {
                number++;
                if (!line.isBlank() && !line.startsWith("#")) {
                    rows.add(row(file, number, line, fields));
                }
            }
            return rows;
        } catch (IOException e) {
            throw new UncheckedIOException(file, e);
        }
    }

    private static String[] row(String file, int number, String line, int fields) {
        String[] row = line.split("\\|", -1);
        if (row.length != fields) {
            throw new IllegalArgumentException(file + ":" + number + ": " + fields + " fields are wanted");
        }
        for (int i = 0; i < row.length; i++) {
            row[i] = row[i].strip();
            if (row[i].isEmpty()) {
                throw new IllegalArgumentException(file + ":" + number + ": field " + (i + 1) + " is empty");
            }
        }
        return row;
    }
}
