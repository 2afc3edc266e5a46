// Starts a proxy replica.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.EventLoop;

public final class ProxyReplicaMain {
    private ProxyReplicaMain() {}

    public static void main(String[] arguments) {
        Flags flags = Mains.numbered("frankenpaxos.multipaxos.ProxyReplicaMain")
            .optional("--options.flushEveryN", FlagType.INT, "1")
            .optional("--options.batchFlush", FlagType.BOOLEAN, "false")
            .parse(arguments);
        Config config = Config.load(flags);
        int index = Mains.index(flags, "--index", config.proxyReplicas.length, "proxy replica");
        EventLoop loop = new EventLoop();
        ProxyReplica proxyReplica = new ProxyReplica(loop, flags.integer("--options.flushEveryN"), flags.bool("--options.batchFlush"));
        Mains.serve(flags, loop, config.proxyReplicas[index], proxyReplica);
    }
}
