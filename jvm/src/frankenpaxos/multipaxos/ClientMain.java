// Starts the client: closed loops of a workload, each loop a pseudonym.
package frankenpaxos.multipaxos;

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

public final class ClientMain implements Phases.Loops {
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

    private final class Loop extends ClosedLoop {
        private final Workload workload;
        private final Session session;
        private boolean read;

        Loop(int pseudonym, Workload workload) {
            this.workload = workload;
            this.session = new Session(pseudonym) {
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
            read = workload.next(session.command);
            if (read) {
                client.read(session);
            } else {
                client.write(session);
            }
        }

        @Override
        protected int label() {
            return read ? Recorder.READ : Recorder.WRITE;
        }
    }

    private final Client client;
    private final Workload workload;
    private final Workload readWorkload;
    private final Workload writeWorkload;
    private final int warmupLoops;
    private final int measuredLoops;
    private final int readFraction;
    private final Phases phases;

    private ClientMain(Flags flags, EventLoop loop, Client client, Recorder recorder) {
        this.client = client;
        workload = Workloads.readWrite(flags.string("--workload"), 1);
        readWorkload = Workloads.readWrite(flags.string("--read_workload"), 1);
        writeWorkload = Workloads.readWrite(flags.string("--write_workload"), 1);
        warmupLoops = flags.integer("--num_warmup_clients");
        measuredLoops = flags.integer("--num_clients");
        readFraction = flags.integer("--predetermined_read_fraction");
        phases = new Phases(loop, flags, recorder, warmupLoops, measuredLoops, this);
    }

    public static void main(String[] arguments) {
        Flags flags = new Flags("frankenpaxos.multipaxos.ClientMain")
            .required("--host", FlagType.STRING)
            .required("--port", FlagType.INT)
            .required("--config", FlagType.FILE)
            .required("--log_level", FlagType.LOG_LEVEL)
            .prometheus("8009")
            .optional("--measurement_group_size", FlagType.INT, "1");
        Phases.flags(flags, false, "10");
        FlagType file = new Workloads.FileType(true);
        flags.optional("--output_file_prefix", FlagType.STRING, "")
            .optional("--predetermined_read_fraction", READ_FRACTION, "-1")
            .optional("--workload", file, null)
            .optional("--read_workload", file, null)
            .optional("--write_workload", file, null);
        ClientOptions.flags(flags).parse(arguments);
        Log.setLevel(flags.string("--log_level"));
        EventLoop loop = new EventLoop();
        long address = Address.of(flags.string("--host"), flags.integer("--port"));
        Client client = new Client(loop, flags.string("--config"), address, new ClientOptions(flags));
        loop.listen(address, client);
        PrometheusServer.start(flags, loop);
        Recorder recorder = new Recorder(flags.string("--output_file_prefix"), flags.integer("--measurement_group_size"));
        new ClientMain(flags, loop, client, recorder).phases.start();
        loop.run();
    }

    /** Pseudonyms of the measurement follow those of the warm-up, whose last requests may still be on their way. */
    @Override
    public ClosedLoop loop(int i, boolean warmup) {
        return new Loop(warmup ? i : warmupLoops + i, workloadOf(i, warmup ? warmupLoops : measuredLoops));
    }

    private Workload workloadOf(int i, int loops) {
        if (readFraction == -1) {
            return workload;
        }
        return i < Math.ceil(readFraction / 100.0 * loops) ? readWorkload : writeWorkload;
    }
}
