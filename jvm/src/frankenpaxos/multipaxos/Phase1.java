// The answers of acceptors to a new leader: which slots they have voted in, and what must be proposed there again.
package frankenpaxos.multipaxos;

import fpray.runtime.Reader;

final class Phase1 {
    final long round;
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

    /** Takes in (part of) an answer: what follows group, index and round. */
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

    boolean hasAnswered(int group, int index) {
        return (answered[group] & 1L << index) != 0;
    }

    boolean isComplete() {
        return quorums.isPhase1Quorum(answered);
    }

    /** The first slot that may not be chosen; acceptors have forgotten only chosen ones. */
    long begin() {
        return Math.max(firstSlot, collected);
    }

    /** One more than the last slot that anybody has voted in. */
    long end() {
        return Math.max(begin(), votes.count() == 0 ? 0 : votes.high());
    }

    /** The value that may have been chosen in the slot, or a noop where none can have been. */
    byte[] value(long slot) {
        Vote vote = votes.get(slot);
        return vote == null ? Messages.NOOP : vote.value;
    }
}
