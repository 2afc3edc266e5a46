// Records what concurrent clients of a running key-value store see, for a linearizability checker:
// rows process,op,key,value,invoke_ns,return_ns, where an operation that was never answered has no return_ns.
package fpray.reference;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Timer;
import fpray.runtime.Writer;
import fpray.state.KeyValueCommands;
import java.io.BufferedWriter;
import java.io.FileWriter;
import java.io.IOException;
import java.util.Random;

final class History {
    /** One of a protocol client's sessions, which has one operation in flight and hands its result to a process. */
    interface Session {
        /** Where the operation is written before it begins. */
        Writer command();

        void read();

        void write();
    }

    /** Makes the sessions of one protocol's client. */
    interface Sessions {
        Session session(int index, Process process);
    }

    /** One process of the history: sets values that nobody else sets, and gets. */
    final class Process {
        private final int index;
        private final Session session;
        private final Random random;
        private final Timer next;
        private boolean get;
        private String key;
        private String value;
        private long invoked;
        private boolean isWaiting;
        private int sets;

        private Process(int index, long seed, Sessions sessions) {
            this.index = index;
            session = sessions.session(index, this);
            random = new Random(seed * 1_000_003 + index);
            next = new Timer(loop) {
                @Override
                protected void fire() {
                    invoke();
                }
            };
        }

        private void invoke() {
            get = random.nextDouble() < getFraction;
            key = Integer.toString(random.nextInt(keys));
            Writer command = session.command();
            command.clear();
            isWaiting = true;
            invoked = System.nanoTime();
            if (get) {
                value = "";
                KeyValueCommands.beginGet(command, 1);
                KeyValueCommands.key(command, key);
                session.read();
            } else {
                value = "p" + index + "n" + sets++;
                KeyValueCommands.beginSet(command, 1);
                KeyValueCommands.key(command, key);
                KeyValueCommands.key(command, value);
                session.write();
            }
        }

        /** The operation's result. */
        void answered(byte[] result) {
            long returned = System.nanoTime();
            if (get) {
                String got = KeyValueCommands.singleValue(result);
                value = got == null ? "" : got;
            }
            isWaiting = false;
            row(Long.toString(returned));
            if (returned < deadline) {
                next.start(pause);
            } else if (--active == 0) {
                finish();
            }
        }

        private void row(String returned) {
            try {
                file.write(index + "," + (get ? "get" : "set") + "," + key + "," + value + "," + invoked + "," + returned + "\n");
            } catch (IOException e) {
                throw Log.fatal("The history cannot be written: " + e.getMessage());
            }
        }
    }

    private final EventLoop loop;
    private final BufferedWriter file;
    private final int keys;
    private final double getFraction;
    private final long pause;
    private final long deadline;
    private final Process[] processes;
    private int active;

    private History(Flags flags, EventLoop loop, Sessions sessions) throws IOException {
        this.loop = loop;
        file = new BufferedWriter(new FileWriter(flags.string("--output_file")));
        file.write("process,op,key,value,invoke_ns,return_ns\n");
        keys = flags.integer("--num_keys");
        getFraction = Double.parseDouble(flags.string("--read_fraction"));
        pause = flags.nanos("--pause");
        deadline = System.nanoTime() + flags.nanos("--duration");
        processes = new Process[flags.integer("--num_clients")];
        for (int i = 0; i < processes.length; i++) {
            processes[i] = new Process(i, flags.integer("--seed"), sessions);
        }
        new Timer(loop) {
            @Override
            protected void fire() {
                finish();
            }
        }.start(flags.nanos("--timeout"));
    }

    static Flags flags(String main) {
        return new Flags(main)
            .required("--host", FlagType.STRING)
            .required("--port", FlagType.INT)
            .required("--config", FlagType.FILE)
            .required("--log_level", FlagType.LOG_LEVEL)
            .required("--output_file", FlagType.FILE)
            .optional("--num_clients", FlagType.INT, "8")
            .optional("--num_keys", FlagType.INT, "3")
            .optional("--read_fraction", FlagType.STRING, "0.5")
            .optional("--pause", FlagType.DURATION, "1ms")
            .optional("--duration", FlagType.DURATION, "3s")
            .optional("--timeout", FlagType.DURATION, "10s")
            .optional("--seed", FlagType.INT, "1");
    }

    /** Records one history and ends the process. */
    static void record(Flags flags, EventLoop loop, Sessions sessions) throws IOException {
        History history = new History(flags, loop, sessions);
        history.active = history.processes.length;
        for (int i = 0; i < history.processes.length; i++) {
            history.processes[i].invoke();
        }
        loop.run();
    }

    private void finish() {
        try {
            for (int i = 0; i < processes.length; i++) {
                if (processes[i].isWaiting) {
                    processes[i].row("");
                }
            }
            file.close();
        } catch (IOException e) {
            throw Log.fatal("The history cannot be written: " + e.getMessage());
        }
        System.exit(0);
    }
}
