// How far each replica has executed the log. A replica announces its own watermark, and keeps executed values for replicas that are
// behind it, within bounds.
package frankenpaxos.multipaxos;

import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Timer;
import fpray.runtime.Writer;

final class Watermarks {
    private static final long ANNOUNCE_NANOS = 100_000_000L;
    /** An unchanged watermark is announced once in this many times, for processes that have started meanwhile. */
    private static final int ANNOUNCE_ANYWAY = 10;
    /** Executed values are kept for the other replicas up to this number of slots, and up to this number of bytes. */
    private static final long MAX_KEPT = 20_000;
    private static final long MAX_KEPT_BYTES = 8 * 1024 * 1024;

    private final int index;
    private final Replica replica;
    private final Connection[] replicas;
    private final Connection[][] acceptors;
    // By replica: all slots below have been executed.
    private final long[] executed;
    private long announced;
    private int unannounced;
    private long keptBytes;

    Watermarks(EventLoop loop, Config config, int index, Replica replica, Connection[] replicas) {
        this.index = index;
        this.replica = replica;
        this.replicas = replicas;
        this.acceptors = new Quorums(config, loop, replica).acceptors();
        this.executed = new long[replicas.length];
        new Timer(loop) {
            @Override
            protected void fire() {
                announce();
                start(ANNOUNCE_NANOS);
            }
        }.start(ANNOUNCE_NANOS);
    }

    /** Slots from `before` to replica.next() have just been executed. */
    void executed(long before) {
        SlotWindow<byte[]> log = replica.log();
        for (long slot = before; slot < replica.next(); slot++) {
            keptBytes += log.get(slot).length;
        }
        while (hasExecuted(log) && (keptBytes > MAX_KEPT_BYTES || replica.next() - log.low() > MAX_KEPT)) {
            forgetLowest(log);
        }
    }

    /** The log before replica.next() is gone: the replica has taken over the state of another one. */
    void forgetAll() {
        keptBytes = 0;
    }

    private boolean hasExecuted(SlotWindow<byte[]> log) {
        return log.count() > 0 && log.low() < replica.next();
    }

    private void forgetLowest(SlotWindow<byte[]> log) {
        byte[] value = log.remove(log.low());
        keptBytes -= value == null ? 0 : value.length;
    }

    /** Tells acceptors what they may forget, and replicas what they miss. */
    private void announce() {
        executed[index] = replica.next();
        if (replica.next() == announced && ++unannounced < ANNOUNCE_ANYWAY) {
            return;
        }
        announced = replica.next();
        unannounced = 0;
        for (int i = 0; i < acceptors.length; i++) {
            announceTo(acceptors[i]);
        }
        announceTo(replicas);
        forgetWhatAllHaveExecuted();
    }

    private void announceTo(Connection[] peers) {
        for (int i = 0; i < peers.length; i++) {
            // A suspect gets no announcement: its connection is tried again anyway.
            if (peers == replicas && i == index || peers[i].isSuspect()) {
                continue;
            }
            Writer out = peers[i].begin(Messages.CHOSEN_WATERMARK);
            out.varint(index);
            out.varint(replica.next());
            peers[i].end();
        }
    }

    private void forgetWhatAllHaveExecuted() {
        long all = Long.MAX_VALUE;
        for (int i = 0; i < executed.length; i++) {
            all = Math.min(all, executed[i]);
        }
        SlotWindow<byte[]> log = replica.log();
        while (hasExecuted(log) && log.low() < all) {
            forgetLowest(log);
        }
    }

    /** Another replica has executed all slots below this one. */
    void set(int other, long slot) {
        if (other >= executed.length || other == index) {
            throw new Reader.Malformed("a watermark of replica " + other);
        }
        executed[other] = Math.max(executed[other], slot);
    }

    /** Whether another replica has executed more than this one. */
    boolean isBehind() {
        for (int i = 0; i < executed.length; i++) {
            if (executed[i] > replica.next()) {
                return true;
            }
        }
        return false;
    }
}
