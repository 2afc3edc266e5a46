// How replicas keep each other complete: who has executed what, filling of holes, and whole states for those far behind.
package frankenpaxos.multipaxos;

import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Reader;
import fpray.runtime.Timer;
import fpray.runtime.Writer;
import java.util.Random;

final class CatchUp {
    private static final long ANNOUNCE_NANOS = 100_000_000L;
    /** An unchanged watermark is announced every so many times, for those who were not there before. */
    private static final int ANNOUNCE_ANYWAY = 10;
    private static final long STALLED_NANOS = 500_000_000L;
    /** What has been executed is kept for others that far back, and for that many bytes. */
    private static final long MAX_KEPT = 20_000;
    private static final long MAX_KEPT_BYTES = 8 * 1024 * 1024;
    private static final int ANSWER_ENTRIES = 2_000;
    private static final int ANSWER_BYTES = 1024 * 1024;
    private static final int PART_BYTES = 1024 * 1024;

    private final EventLoop loop;
    private final int index;
    private final Replica replica;
    private final Connection[] replicas;
    private final Connection[] leaders;
    private final Connection[][] acceptors;
    private final long[] executed;
    private final boolean recovers;
    private final long recoverMin;
    private final long recoverMax;
    private final Random random = new Random();
    private final Timer recover;
    private long recoverPeriod;
    private long nextAtRecover;
    private long nextAtRequest;
    private long announced;
    private int unannounced;
    private long keptBytes;
    private long lastProgress;
    // A state that comes in parts.
    private long snapshotSlot = -1;
    private byte[] snapshot;
    private int snapshotEnd;

    CatchUp(EventLoop loop, Config config, int index, Replica replica, Connection[] leaders, ReplicaOptions options) {
        this.loop = loop;
        this.index = index;
        this.replica = replica;
        this.leaders = leaders;
        this.replicas = loop.connect(config.replicas, replica);
        this.acceptors = new Quorums(config, loop, replica).acceptors();
        this.executed = new long[replicas.length];
        this.recovers = !options.unsafeDontRecover;
        this.recoverMin = options.recoverLogEntryMinPeriod;
        this.recoverMax = options.recoverLogEntryMaxPeriod;
        this.lastProgress = loop.now();
        this.recover = new Timer(loop) {
            @Override
            protected void fire() {
                recoverHole();
            }
        };
        new Timer(loop) {
            @Override
            protected void fire() {
                announce();
                start(ANNOUNCE_NANOS);
            }
        }.start(ANNOUNCE_NANOS);
    }

    // Watermarks ------------------------------------------------------------------------------------------------

    /** Slots from `before` to replica.next() have just been executed. */
    void executed(long before) {
        lastProgress = loop.now();
        SlotWindow<byte[]> log = replica.log();
        for (long slot = before; slot < replica.next(); slot++) {
            keptBytes += log.get(slot).length;
        }
        while (hasExecuted(log) && (keptBytes > MAX_KEPT_BYTES || replica.next() - log.low() > MAX_KEPT)) {
            forgetLowest(log);
        }
        if (recover.isRunning()) {
            nextAtRecover = replica.next();
            recover.start(recoverPeriod);
        }
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
        long all = Long.MAX_VALUE;
        for (int i = 0; i < executed.length; i++) {
            all = Math.min(all, executed[i]);
        }
        SlotWindow<byte[]> log = replica.log();
        while (hasExecuted(log) && log.low() < all) {
            forgetLowest(log);
        }
    }

    private void announceTo(Connection[] peers) {
        for (int i = 0; i < peers.length; i++) {
            // Suspects are left to their retries: a connection that cannot be made is not worth a message.
            if (peers == replicas && i == index || peers[i].isSuspect()) {
                continue;
            }
            Writer out = peers[i].begin(Messages.CHOSEN_WATERMARK);
            out.varint(index);
            out.varint(replica.next());
            peers[i].end();
        }
    }

    /** Another replica has executed all slots below. */
    void handleWatermark(int other, long slot) {
        if (other >= executed.length || other == index) {
            throw new Reader.Malformed("a watermark of replica " + other);
        }
        executed[other] = Math.max(executed[other], slot);
        if (recovers && slot > replica.next() && loop.now() - lastProgress > STALLED_NANOS) {
            lastProgress = loop.now();
            sendRecover(replicas[other]);
        }
    }

    // Asking ----------------------------------------------------------------------------------------------------

    /** A slot beyond the next one is chosen: unless the next one comes by itself, ask for it. */
    void noticeHole() {
        if (recovers && !recover.isRunning()) {
            startRecover();
        }
    }

    private void startRecover() {
        nextAtRecover = replica.next();
        recoverPeriod = recoverMin + (long) (random.nextDouble() * Math.max(0, recoverMax - recoverMin));
        recover.start(recoverPeriod);
    }

    private void recoverHole() {
        boolean isBehind = replica.log().high() > replica.next();
        for (int i = 0; i < executed.length; i++) {
            isBehind |= executed[i] > replica.next();
        }
        if (!isBehind) {
            return;
        }
        if (replica.next() == nextAtRecover) {
            Log.info("Replica " + index + " has waited long for slot " + replica.next() + " and asks for it.");
            for (int i = 0; i < leaders.length; i++) {
                sendRecover(leaders[i]);
            }
            for (int i = 0; i < replicas.length; i++) {
                if (i != index) {
                    sendRecover(replicas[i]);
                }
            }
        }
        startRecover();
    }

    private void sendRecover(Connection to) {
        nextAtRequest = replica.next();
        to.begin(Messages.RECOVER).varint(replica.next());
        to.end();
    }

    /** The answers to a Recover have come; if they were not all there is, ask on. */
    void handleCaughtUp(Connection from, long othersNext) {
        if (replica.next() < othersNext && replica.next() > nextAtRequest) {
            sendRecover(from);
        }
    }

    // Answering -------------------------------------------------------------------------------------------------

    void handleRecover(Connection from, long slot) {
        if (slot >= replica.next()) {
            return;
        }
        SlotWindow<byte[]> log = replica.log();
        if (log.get(slot) == null) {
            sendSnapshot(from);
            return;
        }
        int bytes = 0;
        long end = Math.min(replica.next(), slot + ANSWER_ENTRIES);
        for (; slot < end && bytes < ANSWER_BYTES; slot++) {
            byte[] value = log.get(slot);
            Writer out = from.begin(Messages.CHOSEN);
            out.varint(slot);
            out.raw(value, 0, value.length);
            from.end();
            bytes += value.length;
        }
        from.begin(Messages.CAUGHT_UP).varint(replica.next());
        from.end();
    }

    private void sendSnapshot(Connection to) {
        Writer state = new Writer(PART_BYTES);
        replica.save(state);
        for (int offset = 0; offset < state.end; offset += PART_BYTES) {
            Writer out = to.begin(Messages.SNAPSHOT);
            out.varint(replica.next());
            out.varint(offset);
            out.varint(state.end);
            out.raw(state.bytes, offset, Math.min(PART_BYTES, state.end - offset));
            to.end();
        }
        to.begin(Messages.CAUGHT_UP).varint(replica.next());
        to.end();
    }

    void handleSnapshot(long slot, int offset, int total, Reader in) {
        if (slot <= replica.next()) {
            return;
        }
        if (offset == 0) {
            snapshotSlot = slot;
            snapshot = new byte[total];
            snapshotEnd = 0;
        }
        // Parts of another state, or after a lost one: the next Recover gets a new state.
        if (slot != snapshotSlot || offset != snapshotEnd || total != snapshot.length || in.limit - in.at > total - offset) {
            return;
        }
        System.arraycopy(in.bytes, in.at, snapshot, offset, in.limit - in.at);
        snapshotEnd += in.limit - in.at;
        if (snapshotEnd == total) {
            Log.info("Replica " + index + " goes on from slot " + slot + " with the state of another replica.");
            byte[] state = snapshot;
            snapshot = null;
            snapshotSlot = -1;
            keptBytes = 0;
            replica.load(new Reader().set(state, 0, total));
        }
    }
}
