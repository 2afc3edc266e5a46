// Starts the client.
package frankenpaxos.batchedunreplicated;

import fpray.cli.FlagType;
import fpray.load.ClientRun;
import fpray.load.Recorder;
import fpray.load.Workload;
import fpray.load.Workloads;

public final class ClientMain extends ClientRun {
    private ClientMain() {
        super("frankenpaxos.batchedunreplicated.ClientMain", new Client.Factory());
        addRequiredFlags(new Workloads.FileType(false));
        flags.required("--measurement_group_size", FlagType.INT);
    }

    public static void main(String[] arguments) {
        new ClientMain().run(arguments);
    }

    @Override
    protected Workload workload() {
        return Workloads.plain(flags.string("--workload"));
    }

    @Override
    protected Recorder recorder() {
        return super.recorder().losingUnfinished();
    }

    @Override
    protected boolean hasOneLoopMore() {
        return true;
    }
}
