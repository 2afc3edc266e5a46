// One attempt of one replica to have an instance decided: who has answered what it asked for last.
package frankenpaxos.epaxos;

import java.util.ArrayList;

final class Round {
    static final int PRE_ACCEPTING = 0;
    static final int ACCEPTING = 1;
    static final int PREPARING = 2;
    static final int VALIDATING = 3;
    static final int WAITING = 4;

    final long ballot;
    int stage;
    /** The value that is proposed in this stage; none while preparing. */
    Value value;
    /** When something is to be done again; see Replica.tick() for what. */
    long due;
    int resends;
    /** The replicas that have answered, as bits. */
    long answered;

    /** Pre-accepting: the attributes of all answers together, and whether they all are those of the value. */
    long sequence;
    long[] dependencies;
    boolean isUnchanged = true;
    long askedAt;

    /** Recovering: what has been promised, by replica; those of the quorum as bits; how many of them have it pre-accepted unchanged. */
    Promise[] promises;
    long quorum;
    int unchanged;
    /** Validating and waiting: what may have been decided in a way that excludes the value. */
    ArrayList<Instance> invalidating;
    boolean isInvalid;

    Round(long ballot, int stage) {
        this.ballot = ballot;
        this.stage = stage;
    }

    /** Notes an answer; false if it came twice. */
    boolean answered(int replica) {
        long bit = 1L << replica;
        if ((answered & bit) != 0) {
            return false;
        }
        answered |= bit;
        return true;
    }

    int answers() {
        return Long.bitCount(answered);
    }

    boolean isRecovering() {
        return stage >= PREPARING;
    }
}
