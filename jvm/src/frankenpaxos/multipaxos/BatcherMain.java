// Starts a batcher.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.EventLoop;

public final class BatcherMain {
    private BatcherMain() {}

    public static void main(String[] arguments) {
        Flags flags = Mains.numbered("frankenpaxos.multipaxos.BatcherMain").optional("--options.batchSize", FlagType.INT, "100").parse(arguments);
        Config config = Config.load(flags);
        int index = Mains.index(flags, "--index", config.batchers.length, "batcher");
        EventLoop loop = new EventLoop();
        Mains.serve(flags, loop, config.batchers[index], new Batcher(loop, config, flags.integer("--options.batchSize")));
    }
}
