// Log lines on stdout, with a time and a level. Lines of a level that is off are not formatted.
package fpray.runtime;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

public final class Log {
    public static final int DEBUG = 0;
    public static final int INFO = 1;
    public static final int WARN = 2;
    public static final int ERROR = 3;
    public static final int FATAL = 4;
    public static final String[] LEVELS = {"debug", "info", "warn", "error", "fatal"};

    private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);
    private static final UtcTime TIME = new UtcTime();
    private static int level = DEBUG;

    private Log() {}

    public static void setLevel(String name) {
        for (int i = 0; i < LEVELS.length; i++) {
            if (LEVELS[i].equals(name)) {
                level = i;
            }
        }
    }

    /** Check this before building the text of a debug line. */
    public static boolean isDebug() {
        return level <= DEBUG;
    }

    public static void debug(String message) {
        line(DEBUG, message);
    }

    public static void info(String message) {
        line(INFO, message);
    }

    public static void warn(String message) {
        line(WARN, message);
    }

    public static void error(String message) {
        line(ERROR, message);
    }

    /** Prints the message on stdout and stderr, and ends the process with exit code 1. */
    public static RuntimeException fatal(String message) {
        line(FATAL, message);
        System.err.println("Error: " + message);
        System.exit(1);
        return new IllegalStateException(message);
    }

    private static synchronized void line(int lineLevel, String message) {
        if (lineLevel < level) {
            return;
        }
        byte[] text = (" [" + LEVELS[lineLevel] + "] " + message + "\n").getBytes(StandardCharsets.UTF_8);
        byte[] whole = new byte[UtcTime.MAX_LENGTH + text.length];
        int at = TIME.write(System.currentTimeMillis() * 1_000_000L, whole, 0);
        System.arraycopy(text, 0, whole, at, text.length);
        try {
            OUT.write(whole, 0, at + text.length);
        } catch (IOException e) {
            // The reader of the output is gone. That is no reason to stop serving.
            level = FATAL + 1;
        }
    }
}
