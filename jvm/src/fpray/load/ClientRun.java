// What the client mains of all protocols share: the flags, the recorder file, the closed loops of warm-up and measurement.
package fpray.load;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.client.ClientFactory;
import fpray.client.SessionClient;
import fpray.metrics.PrometheusServer;
import fpray.runtime.Address;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;

public abstract class ClientRun implements Phases.Loops {
    protected final Flags flags;
    private final ClientFactory factory;
    private Phases phases;
    private SessionClient<?> client;
    private Workload workload;

    /** The protocol's main adds the flags of its workload and recorder to these. */
    protected ClientRun(String main, ClientFactory factory) {
        this.factory = factory;
        flags = new Flags(main)
            .required("--host", FlagType.STRING)
            .required("--port", FlagType.INT)
            .required("--log_level", FlagType.LOG_LEVEL);
        factory.addFlags(flags);
    }

    /** The flags of the phases, the workload and the output file, for clients that require them. */
    protected final void addRequiredFlags(FlagType workloadFile) {
        Phases.addFlags(flags.prometheus("0"), true, "1");
        flags.required("--workload", workloadFile).required("--output_file_prefix", FlagType.STRING);
    }

    /** The same flags, for clients that have a default for each. */
    protected final void addOptionalFlags(FlagType workloadFile) {
        Phases.addFlags(flags.prometheus("8009"), false, "10");
        flags.optional("--workload", workloadFile, null).optional("--output_file_prefix", FlagType.STRING, "");
    }

    /** Parses the flags, starts the client and its loops, and runs until the process ends. */
    protected final void run(String[] arguments) {
        flags.parse(arguments);
        Log.setLevel(flags.string("--log_level"));
        EventLoop loop = new EventLoop();
        long address = Address.of(flags.string("--host"), flags.integer("--port"));
        client = factory.client(flags, loop, address);
        workload = workload();
        loop.listen(address, client);
        PrometheusServer.start(flags, loop);
        phases = new Phases(loop, flags, recorder(), warmupLoops(), measuredLoops(), this);
        phases.recordWarmup(recordsWarmup());
        phases.start();
        loop.run();
    }

    /** The workload of all loops; called once, after the flags have been parsed. */
    protected abstract Workload workload();

    /** The workload of one of the loops of a phase. */
    protected Workload workload(int loop, int loops) {
        return workload;
    }

    /** The recorder file of this run. */
    protected Recorder recorder() {
        return new Recorder(flags.string("--output_file_prefix"), flags.integer("--measurement_group_size"));
    }

    /** Whether the warm-up is recorded like the measurement. */
    protected boolean recordsWarmup() {
        return false;
    }

    /** Whether the loops are 0 to num_clients, both included, as in some of FrankenPaxos's clients. */
    protected boolean hasOneLoopMore() {
        return false;
    }

    private int warmupLoops() {
        return flags.integer("--num_warmup_clients") + (hasOneLoopMore() ? 1 : 0);
    }

    private int measuredLoops() {
        return flags.integer("--num_clients") + (hasOneLoopMore() ? 1 : 0);
    }

    /** Every loop has a session of its own: the last requests of the warm-up may still be on their way during the measurement. */
    @Override
    public final ClosedLoop loop(int i, boolean warmup) {
        return new ClosedLoop(phases, client, workload(i, warmup ? warmupLoops() : measuredLoops()));
    }
}
