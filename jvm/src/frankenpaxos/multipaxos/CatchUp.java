// How a replica gets the chosen values that it misses: it asks the leaders and the other replicas, which answer with values or a state.
package frankenpaxos.multipaxos;

import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Timer;
import fpray.runtime.Writer;
import java.util.Random;

final class CatchUp {
    private static final long STALLED_NANOS = 500_000_000L;
    private static final int ANSWER_ENTRIES = 2_000;
    private static final int ANSWER_BYTES = 1024 * 1024;

    private final EventLoop loop;
    private final int index;
    private final Replica replica;
    private final Connection[] replicas;
    private final Connection[] leaders;
    private final Watermarks watermarks;
    private final Snapshots snapshots;
    private final boolean recovers;
    private final long recoverMin;
    private final long recoverMax;
    private final Random random = new Random();
    private final Timer recover;
    private long recoverPeriod;
    private long nextAtRecover;
    private long nextAtRequest;
    private long lastProgress;

    CatchUp(EventLoop loop, int index, Replica replica, Connection[] replicas, Connection[] leaders, Watermarks watermarks, Snapshots snapshots,
        ReplicaOptions options) {
        this.loop = loop;
        this.index = index;
        this.replica = replica;
        this.replicas = replicas;
        this.leaders = leaders;
        this.watermarks = watermarks;
        this.snapshots = snapshots;
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
    }

    /** Slots have just been executed. */
    void madeProgress() {
        lastProgress = loop.now();
        if (recover.isRunning()) {
            nextAtRecover = replica.next();
            recover.start(recoverPeriod);
        }
    }

    /** Another replica has executed all slots below this one. */
    void handleWatermark(int other, long slot) {
        watermarks.set(other, slot);
        if (recovers && slot > replica.next() && loop.now() - lastProgress > STALLED_NANOS) {
            lastProgress = loop.now();
            sendRecover(replicas[other]);
        }
    }

    /** A slot beyond the next one is chosen. If the next one does not come by itself, the replica asks for it. */
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
        if (replica.log().high() <= replica.next() && !watermarks.isBehind()) {
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

    /** All answers to a Recover have arrived. If the other replica has more, this one asks again. */
    void handleCaughtUp(Connection from, long othersNext) {
        if (replica.next() < othersNext && replica.next() > nextAtRequest) {
            sendRecover(from);
        }
    }

    /** Another replica waits for the slot. */
    void handleRecover(Connection from, long slot) {
        if (slot >= replica.next()) {
            return;
        }
        if (replica.log().get(slot) == null) {
            snapshots.send(from);
        } else {
            sendChosen(from, slot);
        }
        from.begin(Messages.CAUGHT_UP).varint(replica.next());
        from.end();
    }

    private void sendChosen(Connection to, long first) {
        SlotWindow<byte[]> log = replica.log();
        int bytes = 0;
        long end = Math.min(replica.next(), first + ANSWER_ENTRIES);
        for (long slot = first; slot < end && bytes < ANSWER_BYTES; slot++) {
            byte[] value = log.get(slot);
            Writer out = to.begin(Messages.CHOSEN);
            out.varint(slot);
            out.raw(value, 0, value.length);
            to.end();
            bytes += value.length;
        }
    }
}
