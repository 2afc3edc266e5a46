// Phase 1 of a leader: asks all acceptors for promises, and collects what they have voted for, which must be proposed again.
package frankenpaxos.multipaxos;

import fpray.runtime.Connection;
import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class Phase1 {
    private final long round;
    final long firstSlot;
    private final long[] answered;
    private final SlotWindow<Vote> votes = new SlotWindow<Vote>(1024);
    private final Quorums quorums;
    private long collected;

    Phase1(Config config, Quorums quorums, long round, long firstSlot) {
        this.round = round;
        this.firstSlot = firstSlot;
        this.quorums = quorums;
        this.answered = new long[config.acceptors.length];
    }

    /** Asks the acceptors that have not answered yet. */
    void askAcceptors() {
        Connection[][] acceptors = quorums.acceptors();
        for (int i = 0; i < acceptors.length; i++) {
            for (int j = 0; j < acceptors[i].length; j++) {
                if ((answered[i] & 1L << j) == 0) {
                    Writer out = acceptors[i][j].begin(Messages.PHASE_1A);
                    out.varint(round);
                    out.varint(firstSlot);
                    acceptors[i][j].end();
                }
            }
        }
    }

    /** Takes in an answer, or a part of one: what follows group, index and round. */
    void add(int group, int index, Reader in) {
        if (group >= answered.length || index >= 64) {
            throw new Reader.Malformed("an answer of the unknown acceptor " + group + ", " + index);
        }
        collected = Math.max(collected, in.varint());
        boolean last = in.u8() == 1;
        while (in.hasMore()) {
            long slot = in.varint();
            long voteRound = in.varint();
            Vote vote = votes.get(slot);
            if (vote == null) {
                votes.put(slot, new Vote(voteRound, in.blob()));
            } else if (voteRound > vote.round) {
                vote.round = voteRound;
                vote.value = in.blob();
            } else {
                in.skip(in.blobLength());
            }
        }
        if (last) {
            answered[group] |= 1L << index;
        }
    }

    boolean isComplete() {
        return quorums.isPhase1Quorum(answered);
    }

    /** The first slot that may not be chosen; acceptors have forgotten only chosen ones. */
    long begin() {
        return Math.max(firstSlot, collected);
    }

    /** One more than the last slot in which an acceptor has voted. */
    long end() {
        return Math.max(begin(), votes.count() == 0 ? 0 : votes.high());
    }

    /** The value that may have been chosen in the slot; a noop if none can have been chosen. */
    byte[] value(long slot) {
        Vote vote = votes.get(slot);
        return vote == null ? Messages.NOOP : vote.value;
    }
}
