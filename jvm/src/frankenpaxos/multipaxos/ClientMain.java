// Starts the client.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.load.ClientRun;
import fpray.load.Workload;
import fpray.load.Workloads;

public final class ClientMain extends ClientRun {
    /** -1, or the percentage of loops that only read. */
    private static final FlagType READ_FRACTION = new FlagType("Int") {
        @Override
        public void check(String value) {
            FlagType.INT.check(value);
            int fraction = Integer.parseInt(value);
            if (fraction < -1 || fraction > 100) {
                throw new IllegalArgumentException("It must be between -1 and 100.");
            }
        }
    };

    private int readFraction;
    private Workload readWorkload;
    private Workload writeWorkload;

    private ClientMain() {
        super("frankenpaxos.multipaxos.ClientMain", new Client.Factory());
        FlagType workloadFile = new Workloads.FileType(true);
        addOptionalFlags(workloadFile);
        flags.optional("--measurement_group_size", FlagType.INT, "1")
            .optional("--predetermined_read_fraction", READ_FRACTION, "-1")
            .optional("--read_workload", workloadFile, null)
            .optional("--write_workload", workloadFile, null);
    }

    public static void main(String[] arguments) {
        new ClientMain().run(arguments);
    }

    @Override
    protected Workload workload() {
        readFraction = flags.integer("--predetermined_read_fraction");
        readWorkload = Workloads.readWrite(flags.string("--read_workload"), 1);
        writeWorkload = Workloads.readWrite(flags.string("--write_workload"), 1);
        return Workloads.readWrite(flags.string("--workload"), 1);
    }

    @Override
    protected Workload workload(int loop, int loops) {
        if (readFraction == -1) {
            return super.workload(loop, loops);
        }
        return loop < Math.ceil(readFraction / 100.0 * loops) ? readWorkload : writeWorkload;
    }
}
