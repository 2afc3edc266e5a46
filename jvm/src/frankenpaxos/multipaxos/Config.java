// The config file: who listens where, how many failures are tolerated, and whether that fits together.
package frankenpaxos.multipaxos;

import fpray.cli.TextProto;
import fpray.cli.TextProtoParser;
import fpray.runtime.Address;
import fpray.runtime.Log;
import java.util.ArrayList;

final class Config {
    private static final TextProto.Kind ADDRESS = new TextProto.Kind().scalar("host").scalar("port");
    private static final TextProto.Kind GROUP = new TextProto.Kind().message("acceptor_address", ADDRESS);
    private static final TextProto.Kind CONFIG = new TextProto.Kind()
        .scalar("f")
        .message("batcher_address", ADDRESS)
        .message("read_batcher_address", ADDRESS)
        .message("leader_address", ADDRESS)
        .message("leader_election_address", ADDRESS)
        .message("proxy_leader_address", ADDRESS)
        .message("acceptor_address", GROUP)
        .message("replica_address", ADDRESS)
        .message("proxy_replica_address", ADDRESS)
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
        batchers = addresses(file, "batcher_address");
        readBatchers = addresses(file, "read_batcher_address");
        leaders = addresses(file, "leader_address");
        elections = addresses(file, "leader_election_address");
        proxyLeaders = addresses(file, "proxy_leader_address");
        ArrayList<TextProto> groups = file.messages("acceptor_address");
        acceptors = new long[groups.size()][];
        for (int i = 0; i < acceptors.length; i++) {
            acceptors[i] = addresses(groups.get(i), "acceptor_address");
        }
        replicas = addresses(file, "replica_address");
        proxyReplicas = addresses(file, "proxy_replica_address");
        flexible = file.bool("flexible");
        String scheme = file.scalar("distribution_scheme");
        check(scheme.equals("HASH") || scheme.equals("COLOCATED"), "distribution_scheme is " + scheme + ", but must be HASH or COLOCATED");
        colocated = scheme.equals("COLOCATED");
        checkCounts();
    }

    /** Reads the file, or ends the process with what is wrong with it. */
    static Config load(String path) {
        try {
            return new Config(TextProtoParser.parseFile(path, CONFIG));
        } catch (IllegalArgumentException e) {
            throw Log.fatal("The config file " + path + " cannot be used: " + e.getMessage());
        }
    }

    private static long[] addresses(TextProto message, String field) {
        ArrayList<TextProto> all = message.messages(field);
        long[] addresses = new long[all.size()];
        for (int i = 0; i < addresses.length; i++) {
            addresses[i] = Address.of(all.get(i).scalar("host"), all.get(i).integer("port"));
        }
        return addresses;
    }

    private void checkCounts() {
        check(f >= 1, "f is " + f + ", but must be at least 1");
        checkCount("batcher", batchers.length, true, colocated ? leaders.length : -1);
        checkCount("read batcher", readBatchers.length, true, -1);
        checkCount("leader", leaders.length, false, -1);
        check(elections.length == leaders.length, "there are " + elections.length + " leader elections for " + leaders.length + " leaders");
        checkCount("proxy leader", proxyLeaders.length, false, colocated ? leaders.length : -1);
        checkCount("replica", replicas.length, false, -1);
        checkCount("proxy replica", proxyReplicas.length, true, colocated ? replicas.length : -1);
        check(acceptors.length >= 1, "there is no acceptor group");
        for (int i = 0; i < acceptors.length; i++) {
            int count = acceptors[i].length;
            if (flexible) {
                check(count == acceptors[0].length, "row " + i + " of the acceptors has " + count + " columns, row 0 has " + acceptors[0].length);
                check(Math.min(acceptors.length, count) - 1 >= f,
                    "a grid of " + acceptors.length + " rows and " + count + " columns of acceptors does not tolerate f = " + f + " failures");
            } else {
                check(count == 2 * f + 1, "acceptor group " + i + " has " + count + " acceptors, but f = " + f + " needs exactly " + (2 * f + 1));
            }
            check(acceptors.length <= 62 && count <= 62, "there are more than 62 acceptor groups, or acceptors in a group");
        }
    }

    private void checkCount(String role, int count, boolean mayBeNone, int colocatedWith) {
        if (mayBeNone && count == 0) {
            return;
        }
        check(colocatedWith == -1 || count == colocatedWith,
            "COLOCATED needs as many " + role + "s as their neighbours, " + colocatedWith + ", but there are " + count);
        check(count >= f + 1, "f = " + f + " needs at least " + (f + 1) + " " + role + "s, but there are " + count);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise + ".");
        }
    }

    int leaderOf(long round) {
        return (int) (round % leaders.length);
    }

    /** The first round of that leader after the given one. */
    long nextRound(int leader, long after) {
        long n = leaders.length;
        long next = after - Math.floorMod(after, n) + leader;
        return next > after ? next : next + n;
    }
}
