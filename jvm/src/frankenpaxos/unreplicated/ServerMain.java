// Starts the unreplicated server.
package frankenpaxos.unreplicated;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.Address;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.state.StateMachine;

public final class ServerMain {
    private ServerMain() {}

    public static void main(String[] arguments) {
        Flags flags = new Flags("frankenpaxos.unreplicated.ServerMain")
            .required("--host", FlagType.STRING)
            .required("--port", FlagType.INT)
            .required("--log_level", FlagType.LOG_LEVEL)
            .required("--state_machine", FlagType.STATE_MACHINE)
            .prometheus("8009")
            .required("--options.flushEveryN", FlagType.INT)
            .parse(arguments);
        Log.setLevel(flags.string("--log_level"));
        EventLoop loop = new EventLoop();
        Server server = new Server(StateMachine.of(flags.string("--state_machine")), flags.integer("--options.flushEveryN"));
        Mains.serve(flags, loop, Address.of(flags.string("--host"), flags.integer("--port")), server);
    }
}
