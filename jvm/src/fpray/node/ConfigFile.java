// What the config files of all protocols share: addresses, checks, and the error that ends the process.
package fpray.node;

import fpray.cli.TextProto;
import fpray.runtime.Address;
import fpray.runtime.Log;
import java.util.ArrayList;

public final class ConfigFile {
    public static final TextProto.Kind ADDRESS = new TextProto.Kind().scalar("host").scalar("port");

    private ConfigFile() {}

    public static long address(TextProto address) {
        return Address.of(address.scalar("host"), address.integer("port"));
    }

    /** The addresses of a repeated field, in order. */
    public static long[] addresses(TextProto message, String field) {
        ArrayList<TextProto> all = message.messages(field);
        long[] addresses = new long[all.size()];
        for (int i = 0; i < addresses.length; i++) {
            addresses[i] = address(all.get(i));
        }
        return addresses;
    }

    /** Throws unless the condition holds; `otherwise` is a sentence without its full stop. */
    public static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise + ".");
        }
    }

    /** Ends the process with a message that says what is wrong with the file. */
    public static RuntimeException refused(String path, IllegalArgumentException problem) {
        return Log.fatal("The config file " + path + " cannot be used: " + problem.getMessage());
    }
}
