// Starts a proxy leader.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.EventLoop;

public final class ProxyLeaderMain {
    private ProxyLeaderMain() {}

    public static void main(String[] arguments) {
        Flags flags = Mains.numbered("frankenpaxos.multipaxos.ProxyLeaderMain").optional("--options.flushPhase2asEveryN", FlagType.INT, "1").parse(arguments);
        Config config = Config.load(flags);
        int index = Mains.index(flags, "--index", config.proxyLeaders.length, "proxy leader");
        EventLoop loop = new EventLoop();
        Mains.serve(flags, loop, config.proxyLeaders[index], new ProxyLeader(loop, config, flags.integer("--options.flushPhase2asEveryN")));
    }
}
