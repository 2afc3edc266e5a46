// The config file: the replicas, how many failures are tolerated, and the quorums that follow.
package frankenpaxos.epaxos;

import fpray.cli.TextProto;
import fpray.cli.TextProtoParser;
import fpray.node.ConfigFile;

final class Config {
    private static final TextProto.Kind CONFIG = new TextProto.Kind().scalar("f").message("replicaAddress", ConfigFile.ADDRESS);

    final int f;
    final long[] replicas;
    /** A majority: who must promise, pre-accept or accept. */
    final int slowQuorum;
    /** Who must pre-accept without a change, the leader among them, to skip the second phase. */
    final int fastQuorum;

    private Config(TextProto file) {
        f = file.integer("f");
        replicas = ConfigFile.addresses(file, "replicaAddress");
        ConfigFile.check(f >= 1, "f is " + f + ", but must be at least 1");
        ConfigFile.check(replicas.length == 2 * f + 1,
            "f = " + f + " needs exactly " + (2 * f + 1) + " replicas, but there are " + replicas.length);
        ConfigFile.check(f <= 30, "f is " + f + ", but must be at most 30");
        slowQuorum = f + 1;
        fastQuorum = f + (f + 1) / 2;
    }

    /** Reads the file, or ends the process with what is wrong with it. */
    static Config load(String path) {
        try {
            return new Config(TextProtoParser.parseFile(path, CONFIG));
        } catch (IllegalArgumentException e) {
            throw ConfigFile.refused(path, e);
        }
    }

    /** How many may be missing from a fast quorum. */
    int missingFromFast() {
        return replicas.length - fastQuorum;
    }
}
