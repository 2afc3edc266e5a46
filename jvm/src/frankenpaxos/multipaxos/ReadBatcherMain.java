// Starts a read batcher.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.EventLoop;

public final class ReadBatcherMain {
    private ReadBatcherMain() {}

    public static void main(String[] arguments) {
        Flags flags = Mains.numbered("frankenpaxos.multipaxos.ReadBatcherMain")
            .optional("--options.readBatchingScheme", ReadBatching.TYPE, "size,100,1s")
            .optional("--options.unsafeReadAtFirstSlot", FlagType.BOOLEAN, "false")
            .optional("--options.unsafeReadAtI", FlagType.BOOLEAN, "false")
            .parse(arguments);
        Config config = Config.load(flags);
        int index = Mains.index(flags, "--index", config.readBatchers.length, "read batcher");
        EventLoop loop = new EventLoop();
        ReadBatcher readBatcher = new ReadBatcher(loop, config, ReadBatching.parse(flags.string("--options.readBatchingScheme")),
            flags.bool("--options.unsafeReadAtFirstSlot"), flags.bool("--options.unsafeReadAtI"));
        Mains.serve(flags, loop, config.readBatchers[index], readBatcher);
    }
}
