// Starts a proxy server.
package frankenpaxos.batchedunreplicated;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.EventLoop;

public final class ProxyServerMain {
    private ProxyServerMain() {}

    public static void main(String[] arguments) {
        Flags flags = Mains.numbered("frankenpaxos.batchedunreplicated.ProxyServerMain")
            .optional("--options.flushEveryN", FlagType.INT, "1")
            .parse(arguments);
        Config config = Config.load(flags);
        int index = Mains.index(flags, "--index", config.proxyServers.length, "proxy server");
        EventLoop loop = new EventLoop();
        Mains.serve(flags, loop, config.proxyServers[index], new ProxyServer(loop, flags.integer("--options.flushEveryN")));
    }
}
