// Parses the part of protobuf's text format that config and workload files use. Every error has a line and a column.
package fpray.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

public final class TextProtoParser {
    private final String text;
    private int at;

    private TextProtoParser(String text) {
        this.text = text;
    }

    /** Reads and parses a file. Throws IllegalArgumentException with a sentence for every failure. */
    public static TextProto parseFile(String path, TextProto.Kind kind) {
        String text;
        try {
            text = new String(Files.readAllBytes(Path.of(path)), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(new FileNotFoundException(path + " (No such file or directory)").toString());
        } catch (IOException e) {
            throw new IllegalArgumentException("The file " + path + " cannot be read: " + e + ".");
        }
        return parse(text, kind);
    }

    public static TextProto parse(String text, TextProto.Kind kind) {
        TextProtoParser parser = new TextProtoParser(text);
        return parser.fields(kind, "the file", '\0');
    }

    private TextProto fields(TextProto.Kind kind, String what, char close) {
        TextProto message = new TextProto(what);
        while (true) {
            skipBlanks();
            if (at == text.length()) {
                if (close != '\0') {
                    throw error("Expected '" + close + "' but the file ends");
                }
                return message;
            }
            if (text.charAt(at) == close) {
                at++;
                return message;
            }
            field(kind, message);
            skipBlanks();
            if (at < text.length() && (text.charAt(at) == ',' || text.charAt(at) == ';')) {
                at++;
            }
        }
    }

    private void field(TextProto.Kind kind, TextProto message) {
        String name = word("a field name");
        skipBlanks();
        boolean colon = take(':');
        int index = kind.indexOf(name);
        if (index < 0) {
            throw error("Unknown field name '" + name + "'");
        }
        skipBlanks();
        TextProto.Kind below = kind.kind(index);
        if (below == null && !colon) {
            throw error("Expected ':' after the field name '" + name + "'");
        }
        if (take('[')) {
            skipBlanks();
            while (!take(']')) {
                message.add(name, value(name, below));
                skipBlanks();
                take(',');
                skipBlanks();
            }
        } else {
            message.add(name, value(name, below));
        }
    }

    private Object value(String name, TextProto.Kind below) {
        if (below == null) {
            return scalar();
        }
        if (take('{')) {
            return fields(below, name, '}');
        }
        if (take('<')) {
            return fields(below, name, '>');
        }
        throw error("Expected '{' after the field name '" + name + "'");
    }

    private String scalar() {
        char quote = at < text.length() ? text.charAt(at) : ' ';
        if (quote != '"' && quote != '\'') {
            return word("a value");
        }
        at++;
        StringBuilder value = new StringBuilder();
        while (at < text.length() && text.charAt(at) != quote) {
            char c = text.charAt(at++);
            if (c == '\n') {
                throw error("A string ends in the middle of a line");
            }
            if (c == '\\' && at < text.length()) {
                c = text.charAt(at++);
                c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
            }
            value.append(c);
        }
        if (!take(quote)) {
            throw error("A string is not closed");
        }
        return value.toString();
    }

    private String word(String expected) {
        int from = at;
        while (at < text.length() && isWordPart(text.charAt(at))) {
            at++;
        }
        if (at == from) {
            throw error("Expected " + expected + " but found " + (at == text.length() ? "the end of the file" : "'" + text.charAt(at) + "'"));
        }
        return text.substring(from, at);
    }

    private static boolean isWordPart(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-' || c == '+';
    }

    private boolean take(char c) {
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void skipBlanks() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#') {
                while (at < text.length() && text.charAt(at) != '\n') {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                at++;
            } else {
                return;
            }
        }
    }

    private IllegalArgumentException error(String message) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < at; i++) {
            if (text.charAt(i) == '\n') {
                line++;
                column = 1;
            } else {
                column++;
            }
        }
        return new IllegalArgumentException(message + " (line " + line + ", column " + column + ")");
    }
}
