// Starts the server.
package frankenpaxos.batchedunreplicated;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.EventLoop;
import fpray.state.StateMachine;

public final class ServerMain {
    private ServerMain() {}

    public static void main(String[] arguments) {
        Flags flags = Mains.flags("frankenpaxos.batchedunreplicated.ServerMain")
            .required("--state_machine", FlagType.STATE_MACHINE)
            .required("--options.flushEveryN", FlagType.INT)
            .parse(arguments);
        Config config = Config.load(flags);
        EventLoop loop = new EventLoop();
        StateMachine stateMachine = StateMachine.of(flags.string("--state_machine"));
        Mains.serve(flags, loop, config.server, new Server(loop, config, stateMachine, flags.integer("--options.flushEveryN")));
    }
}
