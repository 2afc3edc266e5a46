// Whole states, in parts, for replicas that are so far behind that no replica has kept the values that they miss.
package frankenpaxos.multipaxos;

import fpray.runtime.Connection;
import fpray.runtime.Log;
import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class Snapshots {
    private static final int PART_BYTES = 1024 * 1024;

    private final int index;
    private final Replica replica;
    // The state that is arriving, if there is one: everything before the slot.
    private long slot = -1;
    private byte[] state;
    private int end;

    Snapshots(int index, Replica replica) {
        this.index = index;
        this.replica = replica;
    }

    void send(Connection to) {
        Writer whole = new Writer(PART_BYTES);
        replica.save(whole);
        for (int offset = 0; offset < whole.end; offset += PART_BYTES) {
            Writer out = to.begin(Messages.SNAPSHOT);
            out.varint(replica.next());
            out.varint(offset);
            out.varint(whole.end);
            out.raw(whole.bytes, offset, Math.min(PART_BYTES, whole.end - offset));
            to.end();
        }
    }

    void handlePart(long newSlot, int offset, int total, Reader in) {
        if (newSlot <= replica.next()) {
            return;
        }
        if (offset == 0) {
            slot = newSlot;
            state = new byte[total];
            end = 0;
        }
        // A part of another state, or one after a lost part, is of no use: the next Recover brings a new state.
        int length = in.limit - in.at;
        if (newSlot != slot || offset != end || total != state.length || length > total - offset) {
            return;
        }
        System.arraycopy(in.bytes, in.at, state, offset, length);
        end += length;
        if (end == total) {
            load();
        }
    }

    private void load() {
        Log.info("Replica " + index + " goes on from slot " + slot + " with the state of another replica.");
        Reader whole = new Reader().set(state, 0, state.length);
        state = null;
        slot = -1;
        replica.load(whole);
    }
}
