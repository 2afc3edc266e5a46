// The config file: the addresses of all roles, the number of failures that are tolerated, and checks.
package frankenpaxos.multipaxos;

import fpray.cli.Flags;
import fpray.cli.TextProto;
import fpray.cli.TextProtoParser;
import fpray.node.ConfigFile;
import fpray.runtime.Log;
import java.util.ArrayList;

final class Config {
    private static final TextProto.Kind GROUP = new TextProto.Kind().message("acceptor_address", ConfigFile.ADDRESS);
    private static final TextProto.Kind CONFIG = new TextProto.Kind()
        .scalar("f")
        .message("batcher_address", ConfigFile.ADDRESS)
        .message("read_batcher_address", ConfigFile.ADDRESS)
        .message("leader_address", ConfigFile.ADDRESS)
        .message("leader_election_address", ConfigFile.ADDRESS)
        .message("proxy_leader_address", ConfigFile.ADDRESS)
        .message("acceptor_address", GROUP)
        .message("replica_address", ConfigFile.ADDRESS)
        .message("proxy_replica_address", ConfigFile.ADDRESS)
        .scalar("flexible")
        .scalar("distribution_scheme");

    final int f;
    final long[] batchers;
    final long[] readBatchers;
    final long[] leaders;
    final long[] elections;
    final long[] proxyLeaders;
    /** By group and index, with slots spread over the groups; or, if flexible, by row and column of one grid. */
    final long[][] acceptors;
    final long[] replicas;
    final long[] proxyReplicas;
    final boolean flexible;
    final boolean colocated;

    private Config(TextProto file) {
        f = file.integer("f");
        batchers = ConfigFile.addresses(file, "batcher_address");
        readBatchers = ConfigFile.addresses(file, "read_batcher_address");
        leaders = ConfigFile.addresses(file, "leader_address");
        elections = ConfigFile.addresses(file, "leader_election_address");
        proxyLeaders = ConfigFile.addresses(file, "proxy_leader_address");
        ArrayList<TextProto> groups = file.messages("acceptor_address");
        acceptors = new long[groups.size()][];
        for (int i = 0; i < acceptors.length; i++) {
            acceptors[i] = ConfigFile.addresses(groups.get(i), "acceptor_address");
        }
        replicas = ConfigFile.addresses(file, "replica_address");
        proxyReplicas = ConfigFile.addresses(file, "proxy_replica_address");
        flexible = file.bool("flexible");
        String scheme = file.scalar("distribution_scheme");
        ConfigFile.check(scheme.equals("HASH") || scheme.equals("COLOCATED"), "distribution_scheme is " + scheme + ", but must be HASH or COLOCATED");
        colocated = scheme.equals("COLOCATED");
        checkCounts();
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

    private void checkCounts() {
        ConfigFile.check(f >= 1, "f is " + f + ", but must be at least 1");
        checkCount("batcher", batchers.length, true, colocated ? leaders.length : -1);
        checkCount("read batcher", readBatchers.length, true, -1);
        checkCount("leader", leaders.length, false, -1);
        ConfigFile.check(elections.length == leaders.length, "there are " + elections.length + " leader elections for " + leaders.length + " leaders");
        checkCount("proxy leader", proxyLeaders.length, false, colocated ? leaders.length : -1);
        checkCount("replica", replicas.length, false, -1);
        checkCount("proxy replica", proxyReplicas.length, true, colocated ? replicas.length : -1);
        ConfigFile.check(acceptors.length >= 1, "there is no acceptor group");
        for (int i = 0; i < acceptors.length; i++) {
            int count = acceptors[i].length;
            if (flexible) {
                ConfigFile.check(count == acceptors[0].length, "row " + i + " of the acceptors has " + count + " columns, row 0 has " + acceptors[0].length);
                ConfigFile.check(Math.min(acceptors.length, count) - 1 >= f,
                    "a grid of " + acceptors.length + " rows and " + count + " columns of acceptors does not tolerate f = " + f + " failures");
            } else {
                ConfigFile.check(count == 2 * f + 1, "acceptor group " + i + " has " + count + " acceptors, but f = " + f + " needs exactly " + (2 * f + 1));
            }
            ConfigFile.check(acceptors.length <= 62 && count <= 62, "there are more than 62 acceptor groups, or acceptors in a group");
        }
    }

    private void checkCount(String role, int count, boolean mayBeNone, int colocatedWith) {
        if (mayBeNone && count == 0) {
            return;
        }
        ConfigFile.check(colocatedWith == -1 || count == colocatedWith,
            "COLOCATED needs as many " + role + "s as their neighbours, " + colocatedWith + ", but there are " + count);
        ConfigFile.check(count >= f + 1, "f = " + f + " needs at least " + (f + 1) + " " + role + "s, but there are " + count);
    }

    int leaderOf(long round) {
        return (int) (round % leaders.length);
    }

    /** The first round of the leader after another round. */
    long nextRound(int leader, long after) {
        long n = leaders.length;
        long next = after - Math.floorMod(after, n) + leader;
        return next > after ? next : next + n;
    }
}
