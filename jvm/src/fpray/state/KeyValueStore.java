// A map from keys to values. A command gets or sets some keys; see KeyValueCommands for its bytes.
package fpray.state;

import fpray.runtime.Log;
import fpray.runtime.Reader;
import fpray.runtime.Writer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

final class KeyValueStore extends StateMachine {
    private final HashMap<String, byte[]> map = new HashMap<String, byte[]>();
    private final Reader in = new Reader();
    private final Writer out = new Writer(64);

    @Override
    public byte[] run(byte[] bytes, int from, int length) {
        return execute(bytes, from, length, true);
    }

    @Override
    public byte[] read(byte[] bytes, int from, int length) {
        return execute(bytes, from, length, false);
    }

    private byte[] execute(byte[] bytes, int from, int length, boolean maySet) {
        in.set(bytes, from, from + length);
        try {
            int command = in.u8();
            if (command == KeyValueCommands.GET) {
                return get();
            }
            if (command == KeyValueCommands.SET && maySet) {
                return set();
            }
        } catch (Reader.Malformed e) {
            throw refuse(length);
        }
        throw refuse(length);
    }

    /** Ends the process. */
    private static RuntimeException refuse(int length) {
        return Log.fatal("A command of " + length + " bytes is none of the KeyValueStore's; does the workload fit the state machine?");
    }

    private byte[] get() {
        int keys = in.smallVarint();
        out.clear();
        out.u8(KeyValueCommands.GET);
        out.varint(keys);
        for (int i = 0; i < keys; i++) {
            byte[] value = map.get(KeyValueCommands.readString(in));
            out.u8(value == null ? 0 : 1);
            if (value != null) {
                out.blob(value);
            }
        }
        return out.toBytes();
    }

    private byte[] set() {
        int keys = in.smallVarint();
        for (int i = 0; i < keys; i++) {
            String key = KeyValueCommands.readString(in);
            map.put(key, in.blob());
        }
        return KeyValueCommands.SET_RESULT;
    }

    @Override
    public void touches(byte[] bytes, int from, int length, Touches to) {
        in.set(bytes, from, from + length);
        try {
            int command = in.u8();
            if (command != KeyValueCommands.GET && command != KeyValueCommands.SET) {
                throw refuse(length);
            }
            boolean sets = command == KeyValueCommands.SET;
            for (int left = in.smallVarint(); left > 0; left--) {
                to.touch(KeyValueCommands.readString(in), sets);
                if (sets) {
                    in.skip(in.blobLength());
                }
            }
        } catch (Reader.Malformed e) {
            throw refuse(length);
        }
    }

    @Override
    public void save(Writer to) {
        to.varint(map.size());
        for (Iterator<Map.Entry<String, byte[]>> i = map.entrySet().iterator(); i.hasNext(); ) {
            Map.Entry<String, byte[]> entry = i.next();
            to.blob(entry.getKey().getBytes(StandardCharsets.ISO_8859_1));
            to.blob(entry.getValue());
        }
    }

    @Override
    public void load(Reader from) {
        map.clear();
        for (int left = from.smallVarint(); left > 0; left--) {
            String key = KeyValueCommands.readString(from);
            map.put(key, from.blob());
        }
    }
}
