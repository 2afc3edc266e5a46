// Starts the unreplicated client.
package frankenpaxos.unreplicated;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.load.Phases;
import fpray.load.Recorder;
import fpray.load.Workloads;
import fpray.metrics.PrometheusServer;
import fpray.runtime.Address;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;

public final class ClientMain {
    private ClientMain() {}

    public static void main(String[] arguments) {
        Flags flags = new Flags("frankenpaxos.unreplicated.ClientMain")
            .required("--host", FlagType.STRING)
            .required("--port", FlagType.INT)
            .required("--server_host", FlagType.STRING)
            .required("--server_port", FlagType.INT)
            .required("--log_level", FlagType.LOG_LEVEL)
            .prometheus("0")
            .optional("--measurement_group_size", FlagType.INT, "1");
        Phases.flags(flags, true, "1");
        flags.required("--workload", new Workloads.FileType(false))
            .required("--output_file_prefix", FlagType.STRING)
            .parse(arguments);
        Log.setLevel(flags.string("--log_level"));
        EventLoop loop = new EventLoop();
        Client client = new Client(loop, Address.of(flags.string("--server_host"), flags.integer("--server_port")),
            Workloads.plain(flags.string("--workload")));
        loop.listen(Address.of(flags.string("--host"), flags.integer("--port")), client);
        PrometheusServer.start(flags, loop);
        Recorder recorder = new Recorder(flags.string("--output_file_prefix"), flags.integer("--measurement_group_size"));
        // The loops of FrankenPaxos's client are 0 to num_clients, both included.
        Phases phases = new Phases(loop, flags, recorder, flags.integer("--num_warmup_clients") + 1, flags.integer("--num_clients") + 1, client);
        client.setPhases(phases);
        phases.start();
        loop.run();
    }
}
