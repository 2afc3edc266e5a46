// Reads that wait until their slot has been executed, the lowest slot first.
package frankenpaxos.multipaxos;

import java.util.PriorityQueue;

final class DeferredReads {
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

    private final PriorityQueue<Read> reads = new PriorityQueue<Read>();

    boolean isEmpty() {
        return reads.isEmpty();
    }

    void add(long slot, byte[] commands) {
        reads.add(new Read(slot, commands));
    }

    /** The commands of a read whose slot is below; null if there is none. */
    byte[] takeBelow(long slot) {
        Read first = reads.peek();
        return first != null && first.slot < slot ? reads.poll().commands : null;
    }

    long lowestSlot() {
        return reads.peek().slot;
    }
}
