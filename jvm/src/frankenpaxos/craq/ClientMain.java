// Starts the client.
package frankenpaxos.craq;

import fpray.cli.FlagType;
import fpray.load.ClientRun;
import fpray.load.Workload;
import fpray.load.Workloads;

public final class ClientMain extends ClientRun {
    private ClientMain() {
        super("frankenpaxos.craq.ClientMain", new Client.Factory());
        addOptionalFlags(Workloads.FileType.singleKeyReadWrite());
        flags.optional("--measurement_group_size", FlagType.INT, "1");
    }

    public static void main(String[] arguments) {
        new ClientMain().run(arguments);
    }

    @Override
    protected Workload workload() {
        return Workloads.readWrite(flags.string("--workload"), 0);
    }
}
