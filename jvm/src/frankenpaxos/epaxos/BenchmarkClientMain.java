// Starts the client: closed loops of a workload, each loop a pseudonym.
package frankenpaxos.epaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.load.ClosedLoop;
import fpray.load.Phases;
import fpray.load.Recorder;
import fpray.load.Workload;
import fpray.load.Workloads;
import fpray.metrics.PrometheusServer;
import fpray.runtime.Address;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;

public final class BenchmarkClientMain implements Phases.Loops {
    private final class Loop extends ClosedLoop {
        private final Session session;

        Loop(int pseudonym) {
            session = new Session(pseudonym) {
                @Override
                protected void answered(byte[] result) {
                    phases.answered(Loop.this);
                }
            };
            client.add(session);
        }

        @Override
        protected void send() {
            session.command.clear();
            workload.next(session.command);
            client.propose(session);
        }

        @Override
        protected int label() {
            return Recorder.WRITE;
        }
    }

    private final Client client;
    private final Workload workload;
    private final int warmupLoops;
    private final Phases phases;

    private BenchmarkClientMain(Flags flags, EventLoop loop, Client client, Recorder recorder) {
        this.client = client;
        workload = Workloads.plain(flags.string("--workload"));
        // The loops of FrankenPaxos's client are 0 to num_clients, both included.
        warmupLoops = flags.integer("--num_warmup_clients") + 1;
        phases = new Phases(loop, flags, recorder, warmupLoops, flags.integer("--num_clients") + 1, this).recordingWarmup();
    }

    public static void main(String[] arguments) {
        Flags flags = new Flags("frankenpaxos.epaxos.BenchmarkClientMain")
            .required("--host", FlagType.STRING)
            .required("--port", FlagType.INT)
            .required("--config", FlagType.FILE)
            .required("--log_level", FlagType.LOG_LEVEL)
            .prometheus("8009");
        Phases.flags(flags, false, "10");
        flags.optional("--workload", new Workloads.FileType(false), null)
            .optional("--output_file_prefix", FlagType.STRING, "");
        Client.flags(flags).parse(arguments);
        Log.setLevel(flags.string("--log_level"));
        EventLoop loop = new EventLoop();
        long address = Address.of(flags.string("--host"), flags.integer("--port"));
        Client client = new Client(loop, flags.string("--config"), address, flags);
        loop.listen(address, client);
        PrometheusServer.start(flags, loop);
        Recorder recorder = Recorder.unlabelled(flags.string("--output_file_prefix"), flags.string("--host"), flags.integer("--port"));
        new BenchmarkClientMain(flags, loop, client, recorder).phases.start();
        loop.run();
    }

    /** Pseudonyms of the measurement follow those of the warm-up, whose last requests may still be on their way. */
    @Override
    public ClosedLoop loop(int i, boolean warmup) {
        return new Loop(warmup ? i : warmupLoops + i);
    }
}
