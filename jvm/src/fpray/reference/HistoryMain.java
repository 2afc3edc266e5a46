// Records what concurrent clients of a running multipaxos cluster see, for a linearizability checker:
// rows process,op,key,value,invoke_ns,return_ns, where an operation that was never answered has no return_ns.
package fpray.reference;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.runtime.Address;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Timer;
import fpray.state.KeyValueCommands;
import frankenpaxos.multipaxos.Client;
import frankenpaxos.multipaxos.ClientOptions;
import frankenpaxos.multipaxos.Session;
import java.io.BufferedWriter;
import java.io.FileWriter;
import java.io.IOException;
import java.util.Random;

public final class HistoryMain {
    private final EventLoop loop;
    private final Client client;
    private final BufferedWriter file;
    private final int keys;
    private final double getFraction;
    private final long pause;
    private final long deadline;
    private final Caller[] callers;
    private int active;

    /** One process of the history: sets values that nobody else sets, and gets. */
    private final class Caller extends Session {
        private final Random random;
        private final Timer next;
        private boolean get;
        private String key;
        private String value;
        private long invoked;
        private boolean isWaiting;
        private int sets;

        Caller(int index, long seed) {
            super(index);
            random = new Random(seed * 1_000_003 + index);
            next = new Timer(loop) {
                @Override
                protected void fire() {
                    invoke();
                }
            };
        }

        void invoke() {
            get = random.nextDouble() < getFraction;
            key = Integer.toString(random.nextInt(keys));
            command.clear();
            isWaiting = true;
            invoked = System.nanoTime();
            if (get) {
                value = "";
                KeyValueCommands.beginGet(command, 1);
                KeyValueCommands.key(command, key);
                client.read(this);
            } else {
                value = "p" + pseudonym + "n" + sets++;
                KeyValueCommands.beginSet(command, 1);
                KeyValueCommands.key(command, key);
                KeyValueCommands.key(command, value);
                client.write(this);
            }
        }

        @Override
        protected void answered(byte[] result) {
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

        void row(String returned) {
            try {
                file.write(pseudonym + "," + (get ? "get" : "set") + "," + key + "," + value + "," + invoked + "," + returned + "\n");
            } catch (IOException e) {
                throw Log.fatal("The history cannot be written: " + e.getMessage());
            }
        }
    }

    private HistoryMain(Flags flags, EventLoop loop, Client client) throws IOException {
        this.loop = loop;
        this.client = client;
        file = new BufferedWriter(new FileWriter(flags.string("--output_file")));
        file.write("process,op,key,value,invoke_ns,return_ns\n");
        keys = flags.integer("--num_keys");
        getFraction = Double.parseDouble(flags.string("--read_fraction"));
        pause = flags.nanos("--pause");
        deadline = System.nanoTime() + flags.nanos("--duration");
        callers = new Caller[flags.integer("--num_clients")];
        for (int i = 0; i < callers.length; i++) {
            callers[i] = new Caller(i, flags.integer("--seed"));
            client.add(callers[i]);
        }
        new Timer(loop) {
            @Override
            protected void fire() {
                finish();
            }
        }.start(flags.nanos("--timeout"));
    }

    public static void main(String[] arguments) throws IOException {
        Flags flags = new Flags("fpray.reference.HistoryMain")
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
        ClientOptions.flags(flags).parse(arguments);
        Log.setLevel(flags.string("--log_level"));
        EventLoop loop = new EventLoop();
        long address = Address.of(flags.string("--host"), flags.integer("--port"));
        Client client = new Client(loop, flags.string("--config"), address, new ClientOptions(flags));
        loop.listen(address, client);
        new HistoryMain(flags, loop, client).start();
        loop.run();
    }

    private void start() {
        active = callers.length;
        for (int i = 0; i < callers.length; i++) {
            callers[i].invoke();
        }
    }

    private void finish() {
        try {
            for (int i = 0; i < callers.length; i++) {
                if (callers[i].isWaiting) {
                    callers[i].row("");
                }
            }
            file.close();
        } catch (IOException e) {
            throw Log.fatal("The history cannot be written: " + e.getMessage());
        }
        System.exit(0);
    }
}
