// Starts a chain node.
package frankenpaxos.craq;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;

public final class ChainNodeMain {
    private ChainNodeMain() {}

    public static void main(String[] arguments) {
        Flags flags = Mains.numbered("frankenpaxos.craq.ChainNodeMain")
            .optional("--options.measureLatencies", FlagType.BOOLEAN, "true")
            .parse(arguments);
        Log.setLevel(flags.string("--log_level"));
        Config config = Config.load(flags.string("--config"));
        int index = Mains.index(flags, "--index", config.chainNodes.length, "chain node");
        EventLoop loop = new EventLoop();
        Mains.serve(flags, loop, config.chainNodes[index], new ChainNode(loop, config, index, flags.bool("--options.measureLatencies")));
    }
}
