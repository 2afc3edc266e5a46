// The reads of a replica. A read waits until its slot has been executed; the read with the lowest slot is first.
package frankenpaxos.multipaxos;

import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Timer;
import fpray.state.StateMachine;
import java.util.PriorityQueue;

final class Reads {
    private static final long FILL_NANOS = 1_000_000L;
    private static final long MAX_FILL_NANOS = 256_000_000L;

    private static final class Read implements Comparable<Read> {
        final long slot;
        final byte[] commands;

        Read(long slot, byte[] commands) {
            this.slot = slot;
            this.commands = commands;
        }

        @Override
        public int compareTo(Read other) {
            return Long.compare(slot, other.slot);
        }
    }

    private final EventLoop loop;
    private final Replica replica;
    private final StateMachine stateMachine;
    private final Connection[] leaders;
    private final Replies replies;
    private final PriorityQueue<Read> deferred = new PriorityQueue<Read>();
    private final Reader commands = new Reader();
    private final Timer fill;
    private long fillPeriod;
    private long nextAtFill;
    private long lastExecuted;

    Reads(EventLoop loop, Replica replica, StateMachine stateMachine, Connection[] leaders, Replies replies) {
        this.loop = loop;
        this.replica = replica;
        this.stateMachine = stateMachine;
        this.leaders = leaders;
        this.replies = replies;
        this.fill = new Timer(loop) {
            @Override
            protected void fire() {
                askToFill();
            }
        };
    }

    /** Executes the reads when the slot has been executed. */
    void handle(long slot, Reader in) {
        if (slot < replica.next()) {
            execute(in);
            return;
        }
        deferred.add(new Read(slot, in.rest()));
        if (!fill.isRunning()) {
            boolean isQuiet = loop.now() - lastExecuted > FILL_NANOS;
            nextAtFill = replica.next();
            fillPeriod = FILL_NANOS;
            fill.start(isQuiet ? 0 : FILL_NANOS);
        }
    }

    /** Slots up to replica.next() have been executed: executes the reads that waited for them. */
    void executeDeferred() {
        lastExecuted = loop.now();
        while (!deferred.isEmpty() && deferred.peek().slot < replica.next()) {
            byte[] reads = deferred.poll().commands;
            execute(commands.set(reads, 0, reads.length));
        }
    }

    /** Executes the reads at once. */
    void execute(Reader in) {
        while (in.hasMore()) {
            long client = in.varint();
            long pseudonym = in.varint();
            long id = in.varint();
            int length = in.blobLength();
            byte[] result = stateMachine.read(in.bytes, in.at, length);
            in.skip(length);
            replies.add(true, client, pseudonym, id, replica.next() - 1, result);
        }
        replies.endBatch();
    }

    /** Reads wait for a slot, and nothing has been executed for a while. Without further writes, only noops can fill the slot. */
    private void askToFill() {
        if (deferred.isEmpty()) {
            return;
        }
        if (replica.next() == nextAtFill) {
            for (int i = 0; i < leaders.length; i++) {
                leaders[i].begin(Messages.FILL).varint(deferred.peek().slot);
                leaders[i].end();
            }
            fillPeriod = Math.min(fillPeriod * 2, MAX_FILL_NANOS);
        } else {
            fillPeriod = FILL_NANOS;
        }
        nextAtFill = replica.next();
        fill.start(fillPeriod);
    }
}
