// Starts the client.
package frankenpaxos.batchedunreplicated;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.load.Phases;
import fpray.load.Recorder;
import fpray.load.Workloads;
import fpray.metrics.PrometheusServer;
import fpray.runtime.Address;
import fpray.runtime.EventLoop;

public final class ClientMain {
    private ClientMain() {}

    public static void main(String[] arguments) {
        Flags flags = new Flags("frankenpaxos.batchedunreplicated.ClientMain")
            .required("--host", FlagType.STRING)
            .required("--port", FlagType.INT)
            .required("--config", FlagType.FILE)
            .required("--log_level", FlagType.LOG_LEVEL)
            .prometheus("0")
            .required("--measurement_group_size", FlagType.INT);
        Phases.flags(flags, true, "1");
        flags.required("--workload", new Workloads.FileType(false))
            .required("--output_file_prefix", FlagType.STRING)
            .parse(arguments);
        Config config = Config.load(flags);
        EventLoop loop = new EventLoop();
        long address = Address.of(flags.string("--host"), flags.integer("--port"));
        Client client = new Client(loop, config, address, Workloads.plain(flags.string("--workload")));
        loop.listen(address, client);
        PrometheusServer.start(flags, loop);
        Recorder recorder = new Recorder(flags.string("--output_file_prefix"), flags.integer("--measurement_group_size")).losingUnfinished();
        // The loops of FrankenPaxos's client are 0 to num_clients, both included.
        Phases phases = new Phases(loop, flags, recorder, flags.integer("--num_warmup_clients") + 1, flags.integer("--num_clients") + 1, client);
        client.setPhases(phases);
        phases.start();
        loop.run();
    }
}
