// Starts an acceptor.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.EventLoop;

public final class AcceptorMain {
    private AcceptorMain() {}

    public static void main(String[] arguments) {
        Flags flags = Mains.numbered("frankenpaxos.multipaxos.AcceptorMain").required("--group_index", FlagType.INT).parse(arguments);
        Config config = Config.load(flags);
        int group = Mains.index(flags, "--group_index", config.acceptors.length, "acceptor group");
        int index = Mains.index(flags, "--index", config.acceptors[group].length, "acceptor");
        Mains.serve(flags, new EventLoop(), config.acceptors[group][index], new Acceptor(config, group, index));
    }
}
