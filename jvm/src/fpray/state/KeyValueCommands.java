// The commands and results of the KeyValueStore, as bytes: for workloads, and for programs that read results.
package fpray.state;

import fpray.runtime.Reader;
import fpray.runtime.Writer;
import java.nio.charset.StandardCharsets;

public final class KeyValueCommands {
    // Not 0: a command of zero bytes, as other workloads send it, must be refused.
    static final int GET = 1;
    static final int SET = 2;
    public static final byte[] SET_RESULT = {SET};

    private KeyValueCommands() {}

    /** Begins a get. The keys follow. */
    public static void beginGet(Writer to, int keys) {
        to.u8(GET);
        to.varint(keys);
    }

    /** Begins a set. The pairs of key and value follow. */
    public static void beginSet(Writer to, int pairs) {
        to.u8(SET);
        to.varint(pairs);
    }

    public static void key(Writer to, String key) {
        to.blob(key.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Reads the begin of a command of one key, up to the key: true for a get, false for a set. Other commands are malformed. */
    public static boolean isSingleKeyGet(Reader command) {
        int kind = command.u8();
        int keys = command.smallVarint();
        if (kind != GET && kind != SET || keys != 1) {
            throw new Reader.Malformed("a command that is neither a get nor a set of one key");
        }
        return kind == GET;
    }

    /** Reads a key, or the value of a set, as a string: what key() has written. */
    public static String readString(Reader command) {
        int length = command.blobLength();
        String text = new String(command.bytes, command.at, length, StandardCharsets.ISO_8859_1);
        command.skip(length);
        return text;
    }

    /** Writes the result of a get of one key, as a blob; null for a key that was never set. */
    public static void singleResult(Writer to, byte[] value) {
        if (value == null) {
            to.varint(3);
        } else {
            to.varint(3 + varintLength(value.length) + value.length);
        }
        to.u8(GET);
        to.varint(1);
        to.u8(value == null ? 0 : 1);
        if (value != null) {
            to.blob(value);
        }
    }

    private static int varintLength(int value) {
        return (38 - Integer.numberOfLeadingZeros(value | 1)) / 7;
    }

    /** The value in the result of a get of one key; null if the key was never set. */
    public static String singleValue(byte[] result) {
        Reader in = new Reader().set(result, 0, result.length);
        if (in.u8() != GET || in.varint() != 1) {
            throw new IllegalArgumentException("The result is not that of a get of one key.");
        }
        return in.u8() == 0 ? null : new String(in.blob(), StandardCharsets.ISO_8859_1);
    }
}
