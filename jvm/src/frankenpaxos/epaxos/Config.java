// The config file: the replicas, the number of failures that are tolerated, and the quorums that follow from it.
package frankenpaxos.epaxos;

import fpray.cli.Flags;
import fpray.cli.TextProto;
import fpray.cli.TextProtoParser;
import fpray.node.ConfigFile;
import fpray.runtime.Log;

final class Config {
    private static final TextProto.Kind CONFIG = new TextProto.Kind().scalar("f").message("replicaAddress", ConfigFile.ADDRESS);

    final int f;
    final long[] replicas;
    /** A majority: this number of replicas must promise, pre-accept or accept. */
    final int slowQuorum;
    /** This number of replicas, with the leader, must pre-accept without a change to skip the second phase. */
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

    /** How many replicas a fast quorum lacks. */
    int missingFromFast() {
        return replicas.length - fastQuorum;
    }
}
