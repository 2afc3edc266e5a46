// Which acceptors must answer. Plain: f + 1 of the 2f + 1 of a group, for reads and for writes. Flexible: one whole row for reads, one
// of every row for writes.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Rotation;

final class Quorums {
    private final Config config;
    private final Connection[][] acceptors;
    private int rotation;

    Quorums(Config config, EventLoop loop, Actor actor) {
        this.config = config;
        acceptors = new Connection[config.acceptors.length][];
        for (int i = 0; i < acceptors.length; i++) {
            acceptors[i] = loop.connect(config.acceptors[i], actor);
        }
    }

    Connection[][] acceptors() {
        return acceptors;
    }

    /** Fills `to` with the acceptors that are asked first for the slot: the fewest that make a quorum. Returns how many. */
    int writeQuorum(long slot, Connection[] to) {
        if (config.flexible) {
            int column = (int) (slot % acceptors[0].length);
            for (int row = 0; row < acceptors.length; row++) {
                to[row] = Rotation.notSuspect(acceptors[row], column);
            }
            return acceptors.length;
        }
        int groups = acceptors.length;
        return majority(acceptors[(int) (slot % groups)], (int) (slot / groups % acceptors[0].length), to);
    }

    /** Fills `to` with all acceptors that may vote for the slot. Returns how many. */
    int allForWrite(long slot, Connection[] to) {
        int count = 0;
        for (int i = 0; i < acceptors.length; i++) {
            if (config.flexible || i == slot % acceptors.length) {
                for (int j = 0; j < acceptors[i].length; j++) {
                    to[count++] = acceptors[i][j];
                }
            }
        }
        return count;
    }

    /** How many acceptors there are, in all groups. */
    int acceptorCount() {
        return acceptors.length * acceptors[0].length;
    }

    /** The votes with one more. */
    long withVote(long votes, int group, int index) {
        return votes | 1L << (config.flexible ? group : index);
    }

    boolean isWriteQuorum(long votes) {
        return Long.bitCount(votes) >= (config.flexible ? acceptors.length : config.f + 1);
    }

    /** A group, or a row of a flexible grid, for a read. All take turns, but a row that cannot answer is left out. */
    int nextReadGroup() {
        int group = 0;
        for (int tries = 0; tries < acceptors.length; tries++) {
            rotation = rotation + 1 & Integer.MAX_VALUE;
            group = rotation % acceptors.length;
            if (!config.flexible || !hasSuspect(acceptors[group])) {
                break;
            }
        }
        return group;
    }

    /** Fills `to` with the fewest acceptors of the group that can answer a read. Returns how many. */
    int readQuorum(int group, Connection[] to) {
        if (config.flexible) {
            return allForRead(group, to);
        }
        return majority(acceptors[group], rotation / acceptors.length % acceptors[group].length, to);
    }

    /** Fills `to` with all acceptors of the group. Returns how many. */
    int allForRead(int group, Connection[] to) {
        Connection[] all = acceptors[group];
        for (int i = 0; i < all.length; i++) {
            to[i] = all[i];
        }
        return all.length;
    }

    /** Whether these acceptors of one group, as bits, are enough for a read or for phase 1 in that group. */
    boolean isReadQuorum(long answered) {
        return Long.bitCount(answered) >= (config.flexible ? acceptors[0].length : config.f + 1);
    }

    /** Phase 1 needs a read quorum of every group that slots are spread over: of any row, or of all groups. */
    boolean isPhase1Quorum(long[] answered) {
        int complete = 0;
        for (int i = 0; i < answered.length; i++) {
            complete += isReadQuorum(answered[i]) ? 1 : 0;
        }
        return complete >= (config.flexible ? 1 : answered.length);
    }

    /**
     * The slot that a read must wait for, if the largest slot in which a read quorum of the group has voted is `max`. All slots up to
     * a finished write are chosen, and with G groups every G-th slot belongs to this group.
     */
    long readSlot(int group, long max, boolean atFirstSlot, boolean atI) {
        if (atFirstSlot) {
            return 0;
        }
        if (atI || config.flexible) {
            return max;
        }
        return max < 0 ? group - 1 : max + acceptors.length - 1;
    }

    private int majority(Connection[] group, int first, Connection[] to) {
        int wanted = config.f + 1;
        int count = 0;
        for (int i = 0; i < group.length && count < wanted; i++) {
            Connection acceptor = group[(first + i) % group.length];
            if (!acceptor.isSuspect()) {
                to[count++] = acceptor;
            }
        }
        for (int i = 0; i < group.length && count < wanted; i++) {
            Connection acceptor = group[(first + i) % group.length];
            if (acceptor.isSuspect()) {
                to[count++] = acceptor;
            }
        }
        return count;
    }

    private static boolean hasSuspect(Connection[] peers) {
        for (int i = 0; i < peers.length; i++) {
            if (peers[i].isSuspect()) {
                return true;
            }
        }
        return false;
    }
}
