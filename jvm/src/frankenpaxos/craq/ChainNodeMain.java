// Starts a chain node.
package frankenpaxos.craq;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.EventLoop;

public final class ChainNodeMain {
    private ChainNodeMain() {}

    public static void main(String[] arguments) {
        Flags flags = Mains.numbered("frankenpaxos.craq.ChainNodeMain")
            .optional("--options.measureLatencies", FlagType.BOOLEAN, "true")
            .parse(arguments);
        Config config = Config.load(flags);
        int index = Mains.index(flags, "--index", config.chainNodes.length, "chain node");
        EventLoop loop = new EventLoop();
        Mains.serve(flags, loop, config.chainNodes[index], new ChainNode(loop, config, index, flags.bool("--options.measureLatencies")));
    }
}
