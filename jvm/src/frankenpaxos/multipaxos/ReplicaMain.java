// Starts a replica.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.EventLoop;
import fpray.state.StateMachine;

public final class ReplicaMain {
    private ReplicaMain() {}

    public static void main(String[] arguments) {
        Flags flags = ReplicaOptions.addFlags(Mains.numbered("frankenpaxos.multipaxos.ReplicaMain").required("--state_machine", FlagType.STATE_MACHINE)).parse(arguments);
        Config config = Config.load(flags);
        int index = Mains.index(flags, "--index", config.replicas.length, "replica");
        EventLoop loop = new EventLoop();
        Replica replica = new Replica(loop, config, index, StateMachine.of(flags.string("--state_machine")), new ReplicaOptions(flags));
        Mains.serve(flags, loop, config.replicas[index], replica);
    }
}
