// The config file: the addresses of all roles.
package frankenpaxos.batchedunreplicated;

import fpray.cli.Flags;
import fpray.cli.TextProto;
import fpray.cli.TextProtoParser;
import fpray.node.ConfigFile;
import fpray.runtime.Log;

final class Config {
    private static final TextProto.Kind CONFIG = new TextProto.Kind()
        .message("batcher_address", ConfigFile.ADDRESS)
        .message("server_address", ConfigFile.ADDRESS)
        .message("proxy_server_address", ConfigFile.ADDRESS);

    final long[] batchers;
    final long server;
    final long[] proxyServers;

    private Config(TextProto file) {
        batchers = ConfigFile.addresses(file, "batcher_address");
        server = ConfigFile.address(file.message("server_address"));
        proxyServers = ConfigFile.addresses(file, "proxy_server_address");
        ConfigFile.check(batchers.length >= 1, "there is no batcher");
        ConfigFile.check(proxyServers.length >= 1, "there is no proxy server");
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
