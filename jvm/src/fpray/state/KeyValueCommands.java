// The KeyValueStore's commands and results, as bytes: for workloads and for whoever looks at results.
package fpray.state;

import fpray.runtime.Reader;
import fpray.runtime.Writer;
import java.nio.charset.StandardCharsets;

public final class KeyValueCommands {
    // Not 0: commands of zero bytes, which other workloads have, must not pass for ours.
    static final int GET = 1;
    static final int SET = 2;
    static final byte[] SET_RESULT = {SET};

    private KeyValueCommands() {}

    /** Begins a get; follow with that many keys. */
    public static void beginGet(Writer to, int keys) {
        to.u8(GET);
        to.varint(keys);
    }

    /** Begins a set; follow with that many pairs of key and value. */
    public static void beginSet(Writer to, int pairs) {
        to.u8(SET);
        to.varint(pairs);
    }

    public static void key(Writer to, String key) {
        to.blob(key.getBytes(StandardCharsets.ISO_8859_1));
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
