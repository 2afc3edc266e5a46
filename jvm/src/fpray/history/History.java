// Records what concurrent clients of a running key-value store see, for a linearizability checker.
// The file has the columns process,op,key,value,invoke_ns,return_ns. An operation without an answer has no return_ns.
package fpray.history;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.client.SessionClient;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Timer;
import java.io.BufferedWriter;
import java.io.FileWriter;
import java.io.IOException;

final class History {
    /** The file grows this often, so that other programs can see how far the history is. */
    private static final long TICK_NANOS = 10_000_000L;

    final EventLoop loop;
    final int keys;
    final double getFraction;
    final long pause;
    final int seed;
    private final BufferedWriter file;
    private final long duration;
    private final long timeout;
    private final HistoryProcess[] processes;
    private final Timer lastAnswers;
    private final EndOfInput input = new EndOfInput();
    private boolean isEnding;
    private int active;

    History(Flags flags, EventLoop loop) throws IOException {
        this.loop = loop;
        file = new BufferedWriter(new FileWriter(flags.string("--output_file")));
        file.write("process,op,key,value,invoke_ns,return_ns\n");
        keys = flags.integer("--num_keys");
        getFraction = Double.parseDouble(flags.string("--read_fraction"));
        pause = flags.nanos("--pause");
        seed = flags.integer("--seed");
        duration = flags.nanos("--duration");
        timeout = flags.nanos("--timeout");
        processes = new HistoryProcess[flags.integer("--num_clients")];
        lastAnswers = new Timer(loop) {
            @Override
            protected void fire() {
                finish();
            }
        };
    }

    static void addFlags(Flags flags) {
        flags.required("--output_file", FlagType.FILE)
            .optional("--num_clients", FlagType.INT, "8")
            .optional("--num_keys", FlagType.INT, "3")
            .optional("--read_fraction", FlagType.STRING, "0.5")
            .optional("--pause", FlagType.DURATION, "1ms")
            .optional("--duration", FlagType.DURATION, "60s")
            .optional("--timeout", FlagType.DURATION, "10s")
            .optional("--seed", FlagType.INT, "1");
    }

    /** Starts all processes, each with a session of the client. The JVM ends with the history. */
    void record(SessionClient<?> client) {
        final long deadline = System.nanoTime() + duration;
        input.start();
        active = processes.length;
        for (int i = 0; i < processes.length; i++) {
            processes[i] = new HistoryProcess(this, i, client);
        }
        for (int i = 0; i < processes.length; i++) {
            processes[i].invoke();
        }
        new Timer(loop) {
            @Override
            protected void fire() {
                flush();
                if (!isEnding && (input.isOver() || System.nanoTime() >= deadline)) {
                    isEnding = true;
                    lastAnswers.start(timeout);
                }
                start(TICK_NANOS);
            }
        }.start(TICK_NANOS);
    }

    /** Writes one operation of a process. */
    void write(String operation) {
        try {
            file.write(operation);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private void flush() {
        try {
            file.flush();
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** Whether no operation should start any more. */
    boolean isEnding() {
        return isEnding;
    }

    /** A process has its last answer. */
    void processEnded() {
        if (--active == 0) {
            finish();
        }
    }

    private void finish() {
        for (int i = 0; i < processes.length; i++) {
            processes[i].writeUnanswered();
        }
        flush();
        System.exit(0);
    }

    private static RuntimeException unwritable(IOException e) {
        return Log.fatal("The history cannot be written: " + e.getMessage());
    }
}
