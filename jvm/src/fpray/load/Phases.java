// The phases of a client: warm-up loops, a pause, measured loops, exit 0. Each phase has a duration and a timeout.
package fpray.load;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Timer;

public final class Phases {
    /** Makes the loops of a client. */
    public interface Loops {
        /** The i-th loop of the warm-up or of the measurement. */
        ClosedLoop loop(int i, boolean warmup);
    }

    private final EventLoop loop;
    private final Loops loops;
    private final Recorder recorder;
    private final Flags flags;
    private final int warmupLoops;
    private final int measuredLoops;
    private boolean recordsWarmup;
    private Phase phase;

    private final class Phase extends Timer {
        final boolean warmup;
        long deadline;
        int active;

        Phase(boolean warmup) {
            super(loop);
            this.warmup = warmup;
        }

        void begin(long duration, long timeout, int count) {
            long begin = System.nanoTime();
            deadline = begin + Math.min(duration, Long.MAX_VALUE / 2);
            active = count;
            start(timeout);
            for (int i = 0; i < count; i++) {
                ClosedLoop closed = loops.loop(i, warmup);
                closed.phase = this;
                closed.start = System.nanoTime();
                closed.send();
            }
            if (count == 0) {
                start(0);
            }
        }

        @Override
        protected void fire() {
            if (active > 0) {
                Log.warn("Client futures timed out!");
            } else {
                Log.info(warmup ? "Client warmup finished." : "Clients finished successfully.");
            }
            stop();
            after(this);
        }
    }

    Phases(EventLoop loop, Flags flags, Recorder recorder, int warmupLoops, int measuredLoops, Loops loops) {
        this.loop = loop;
        this.flags = flags;
        this.recorder = recorder;
        this.warmupLoops = warmupLoops;
        this.measuredLoops = measuredLoops;
        this.loops = loops;
    }

    /** Adds the flags for how long and how many, in the order of FrankenPaxos's help. */
    static void addFlags(Flags flags, boolean required, String warmupLoopsDefault) {
        FlagType[] types = {FlagType.DURATION, FlagType.TIMEOUT, FlagType.DURATION, FlagType.INT, FlagType.DURATION, FlagType.TIMEOUT, FlagType.INT};
        String[] names = {"--warmup_duration", "--warmup_timeout", "--warmup_sleep", "--num_warmup_clients", "--duration", "--timeout", "--num_clients"};
        String[] defaults = {"5s", "10s", "0s", warmupLoopsDefault, "5s", "10s", "1"};
        for (int i = 0; i < names.length; i++) {
            if (required) {
                flags.required(names[i], types[i]);
            } else {
                flags.optional(names[i], types[i], defaults[i]);
            }
        }
    }

    /** Whether the warm-up is recorded like the measurement, as some of FrankenPaxos's clients do. */
    void recordWarmup(boolean records) {
        recordsWarmup = records;
    }

    void start() {
        Log.info("Client warmup started.");
        phase = new Phase(true);
        phase.begin(flags.nanos("--warmup_duration"), flags.nanos("--warmup_timeout"), warmupLoops);
    }

    private void measure() {
        Log.info("Clients started.");
        recorder.setClock();
        phase = new Phase(false);
        phase.begin(flags.nanos("--duration"), flags.nanos("--timeout"), measuredLoops);
    }

    private void after(Phase ended) {
        phase = null;
        if (!ended.warmup) {
            recorder.flush();
            System.exit(0);
        }
        new Timer(loop) {
            @Override
            protected void fire() {
                measure();
            }
        }.start(flags.nanos("--warmup_sleep"));
    }

    /** The loop's request has been answered: records it, and sends the next one unless the phase is over. */
    void answered(ClosedLoop closed) {
        Phase current = phase;
        // A warm-up request may be answered after the warm-up has timed out.
        if (current == null || closed.phase != current) {
            return;
        }
        long stop = System.nanoTime();
        if (!current.warmup || recordsWarmup) {
            recorder.record(closed.start, stop, closed.label());
        }
        if (stop - current.deadline < 0) {
            closed.start = stop;
            closed.send();
        } else if (--current.active == 0) {
            current.start(0);
        }
    }
}
