// Starts the unreplicated client.
package frankenpaxos.unreplicated;

import fpray.cli.FlagType;
import fpray.load.ClientRun;
import fpray.load.Workload;
import fpray.load.Workloads;

public final class ClientMain extends ClientRun {
    private ClientMain() {
        super("frankenpaxos.unreplicated.ClientMain", new Client.Factory());
        addRequiredFlags(new Workloads.FileType(false));
        flags.optional("--measurement_group_size", FlagType.INT, "1");
    }

    public static void main(String[] arguments) {
        new ClientMain().run(arguments);
    }

    @Override
    protected Workload workload() {
        return Workloads.plain(flags.string("--workload"));
    }

    @Override
    protected boolean hasOneLoopMore() {
        return true;
    }
}
