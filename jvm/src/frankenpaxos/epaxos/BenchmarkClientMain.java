// Starts the client.
package frankenpaxos.epaxos;

import fpray.load.ClientRun;
import fpray.load.Recorder;
import fpray.load.Workload;
import fpray.load.Workloads;

public final class BenchmarkClientMain extends ClientRun {
    private BenchmarkClientMain() {
        super("frankenpaxos.epaxos.BenchmarkClientMain", new Client.Factory());
        addOptionalFlags(new Workloads.FileType(false));
    }

    public static void main(String[] arguments) {
        new BenchmarkClientMain().run(arguments);
    }

    @Override
    protected Workload workload() {
        return Workloads.plain(flags.string("--workload"));
    }

    @Override
    protected Recorder recorder() {
        return Recorder.unlabelled(flags.string("--output_file_prefix"), flags.string("--host"), flags.integer("--port"));
    }

    @Override
    protected boolean recordsWarmup() {
        return true;
    }

    @Override
    protected boolean hasOneLoopMore() {
        return true;
    }
}
