// What a replica may forget: instances that all replicas have executed. When memory is short because a replica does not keep up, also
// instances that a majority has executed. A replica that needs a forgotten instance ends with an error.
package frankenpaxos.epaxos;

import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Timer;
import fpray.runtime.Writer;
import java.util.Arrays;

final class Garbage {
    private static final long ANNOUNCE_NANOS = 100_000_000L;
    /** Unchanged numbers are announced once in this many times, for replicas that have started meanwhile. */
    private static final int ANNOUNCE_ANYWAY = 10;
    /** At most this number of instances that others have executed are watched at once. */
    private static final long MAX_WATCHED = 1_000;
    private static final int INSTANCE_BYTES = 256;

    private final int index;
    private final Replica replica;
    private final Column[] columns;
    private final Peers peers;
    private final int majority;
    private final int everyN;
    private final long memoryLimit = Runtime.getRuntime().maxMemory() / 4;
    /** By replica and column, the first instance that it has not executed. */
    private final long[][] executed;
    private final long[] sorted;
    private long[] announced;
    private int unannounced;
    private int sinceCollected;
    private long memory;

    Garbage(EventLoop loop, Config config, int index, Replica replica, Column[] columns, Peers peers, int everyN) {
        this.index = index;
        this.replica = replica;
        this.columns = columns;
        this.peers = peers;
        this.majority = config.slowQuorum;
        this.everyN = Math.max(1, everyN);
        executed = new long[columns.length][columns.length];
        sorted = new long[columns.length];
        announced = new long[columns.length];
        new Timer(loop) {
            @Override
            protected void fire() {
                announce();
                start(ANNOUNCE_NANOS);
            }
        }.start(ANNOUNCE_NANOS);
    }

    /** One more instance has been executed. */
    void executed(Instance instance) {
        memory += bytes(instance);
        if (++sinceCollected >= everyN) {
            sinceCollected = 0;
            collect();
        }
    }

    private static int bytes(Instance instance) {
        return INSTANCE_BYTES + (instance.value.command == null ? 0 : instance.value.command.length);
    }

    private void collect() {
        updateOwn();
        forget(0);
        if (memory > memoryLimit) {
            forget(columns.length - majority);
        }
    }

    private void updateOwn() {
        for (int i = 0; i < columns.length; i++) {
            executed[index][i] = columns[i].executed();
        }
    }

    /** Forgets what all replicas, except for `but` of them, have executed. */
    private void forget(int but) {
        for (int i = 0; i < columns.length; i++) {
            for (int r = 0; r < sorted.length; r++) {
                sorted[r] = executed[r][i];
            }
            Arrays.sort(sorted);
            long end = Math.min(sorted[but], columns[i].executed());
            while (columns[i].low() < end) {
                memory -= bytes(columns[i].forgetFirst());
            }
        }
    }

    private void announce() {
        updateOwn();
        long[] own = executed[index];
        boolean isUnchanged = Arrays.equals(own, announced);
        watchWhatStandsStill(own);
        if (isUnchanged && ++unannounced < ANNOUNCE_ANYWAY) {
            return;
        }
        announced = own.clone();
        unannounced = 0;
        for (int i = 0; i < peers.count(); i++) {
            Connection peer = peers.connection(i);
            // A suspect gets no announcement: its connection is tried again anyway.
            if (i != index && !peer.isSuspect()) {
                Writer out = peer.begin(Messages.EXECUTED);
                out.varint(index);
                Messages.numbers(out, own);
                peer.end();
            }
        }
    }

    /** Others have executed instances that do not arrive here, and nothing here waits for them: messages were lost. */
    private void watchWhatStandsStill(long[] own) {
        for (int i = 0; i < columns.length; i++) {
            if (own[i] != announced[i]) {
                continue;
            }
            long others = own[i];
            for (int r = 0; r < executed.length; r++) {
                others = Math.max(others, executed[r][i]);
            }
            for (long number = own[i]; number < Math.min(others, own[i] + MAX_WATCHED); number++) {
                Instance instance = columns[i].find(number);
                if (!instance.isCommitted()) {
                    replica.watch(instance);
                }
            }
        }
    }

    void handleExecuted(int other, long[] numbers) {
        if (other >= executed.length || other == index) {
            throw new Reader.Malformed("what replica " + other + " has executed");
        }
        for (int i = 0; i < numbers.length; i++) {
            executed[other][i] = Math.max(executed[other][i], numbers[i]);
        }
    }
}
