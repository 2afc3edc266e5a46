// The config file: the chain, head first.
package frankenpaxos.craq;

import fpray.cli.Flags;
import fpray.cli.TextProto;
import fpray.cli.TextProtoParser;
import fpray.node.ConfigFile;
import fpray.runtime.Log;

final class Config {
    private static final TextProto.Kind CONFIG = new TextProto.Kind().scalar("f").message("chain_node_address", ConfigFile.ADDRESS);

    final long[] chainNodes;

    private Config(TextProto file) {
        int f = file.integer("f");
        chainNodes = ConfigFile.addresses(file, "chain_node_address");
        ConfigFile.check(f >= 0, "f is " + f + ", but must be at least 0");
        ConfigFile.check(chainNodes.length >= f + 1,
            "f = " + f + " needs at least " + (f + 1) + " chain nodes, but there are " + chainNodes.length);
    }

    /** Reads the file that the flags name. Ends the process if the file cannot be used. */
    static Config load(Flags flags) {
        Log.setLevel(flags.string("--log_level"));
        String path = flags.string("--config");
        try {
            return new Config(TextProtoParser.parseFile(path, CONFIG));
        } catch (IllegalArgumentException e) {
            throw ConfigFile.refused(path, e);
        }
    }
}
