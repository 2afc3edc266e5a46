// An acceptor: promises rounds, votes for values, sends its votes to new leaders and its largest slot to readers.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.Reader;
import fpray.runtime.Writer;
import java.util.Arrays;

final class Acceptor extends Actor {
    private static final int PART_BYTES = 256 * 1024;
    private static final int VOTE_OVERHEAD = 64;

    private final Config config;
    private final int group;
    private final int index;
    private final long[] executed;
    private final long memoryLimit = Runtime.getRuntime().maxMemory() / 4;
    private final SlotWindow<Vote> votes = new SlotWindow<Vote>(1024);
    private long memory;
    // The round that has been promised.
    private long round = -1;
    private long maxVotedSlot = -1;
    // All slots below are chosen, and their votes are forgotten: see collect().
    private long collected;

    Acceptor(Config config, int group, int index) {
        super("multipaxos_acceptor", Messages.NAMES);
        this.config = config;
        this.group = group;
        this.index = index;
        this.executed = new long[config.replicas.length];
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        switch (type) {
            case Messages.PHASE_1A:
                handlePhase1a(from, in.varint(), in.varint());
                break;
            case Messages.PHASE_2A:
                handlePhase2a(from, in.varint(), in.varint(), in);
                break;
            case Messages.MAX_SLOT_REQUEST:
                handleMaxSlotRequest(from, in.varint(), in.varint());
                break;
            case Messages.CHOSEN_WATERMARK:
                handleChosenWatermark(in.smallVarint(), in.varint());
                break;
            default:
                throw unexpected(type);
        }
    }

    private void handlePhase1a(Connection from, long newRound, long firstSlot) {
        if (newRound < round) {
            nack(from, -1);
            return;
        }
        round = newRound;
        Writer out = beginPhase1b(from);
        int partStart = out.end;
        out.u8(1);
        for (long slot = Math.max(firstSlot, votes.low()); slot < votes.high(); slot++) {
            Vote vote = votes.get(slot);
            if (vote == null) {
                continue;
            }
            if (out.end - partStart > PART_BYTES) {
                out.bytes[partStart] = 0;
                from.end();
                out = beginPhase1b(from);
                partStart = out.end;
                out.u8(1);
            }
            out.varint(slot);
            out.varint(vote.round);
            out.blob(vote.value);
        }
        from.end();
    }

    private Writer beginPhase1b(Connection to) {
        Writer out = to.begin(Messages.PHASE_1B);
        out.varint(group);
        out.varint(index);
        out.varint(round);
        out.varint(collected);
        return out;
    }

    private void handlePhase2a(Connection from, long slot, long newRound, Reader in) {
        if (newRound < round) {
            nack(from, slot);
            return;
        }
        round = newRound;
        // A collected slot is chosen, and a round that is not refused proposes the chosen value for it.
        if (slot >= collected) {
            store(slot, newRound, in.rest());
        }
        maxVotedSlot = Math.max(maxVotedSlot, slot);
        Writer out = from.begin(Messages.PHASE_2B);
        out.varint(group);
        out.varint(index);
        out.varint(slot);
        out.varint(newRound);
        from.end();
    }

    private void store(long slot, long newRound, byte[] value) {
        Vote vote = votes.get(slot);
        if (vote == null) {
            votes.put(slot, new Vote(newRound, value));
            memory += value.length + VOTE_OVERHEAD;
        } else {
            memory += value.length - vote.value.length;
            vote.round = newRound;
            vote.value = value;
        }
        if (memory > memoryLimit) {
            collect();
        }
    }

    private void nack(Connection to, long slot) {
        Writer out = to.begin(Messages.NACK);
        out.varintFromMinusOne(slot);
        out.varint(round);
        to.end();
    }

    private void handleMaxSlotRequest(Connection from, long first, long second) {
        Writer out = from.begin(Messages.MAX_SLOT_REPLY);
        out.varint(first);
        out.varint(second);
        out.varint(group);
        out.varint(index);
        out.varintFromMinusOne(maxVotedSlot);
        from.end();
    }

    private void handleChosenWatermark(int replica, long slot) {
        if (replica >= executed.length) {
            throw new Reader.Malformed("a watermark of the unknown replica " + replica);
        }
        executed[replica] = Math.max(executed[replica], slot);
        collect();
    }

    /**
     * Forgets votes that no leader will need: a slot that f + 1 replicas have executed survives f failures without them. When memory is
     * short (a replica is dead, and exactly f are left), it is enough that one replica has executed the slot.
     */
    private void collect() {
        long[] sorted = executed.clone();
        Arrays.sort(sorted);
        long below = sorted[sorted.length - 1 - (memory > memoryLimit ? 0 : config.f)];
        if (below <= collected) {
            return;
        }
        collected = below;
        for (long slot = votes.low(); slot < Math.min(below, votes.high()); slot++) {
            Vote vote = votes.get(slot);
            if (vote != null) {
                memory -= vote.value.length + VOTE_OVERHEAD;
            }
        }
        votes.removeBelow(below);
    }
}
