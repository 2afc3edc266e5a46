// One attempt of one replica to have an instance decided, and the answers to its last question.
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
    /** The value that is proposed in this stage; null while preparing. */
    Value value;
    /** The time at which the round asks again: see Replica.overdue(). */
    long due;
    int resends;
    /** The replicas that have answered, as bits. */
    long answered;

    /** Pre-accepting: the union of the attributes in all answers, and whether all are those of the value. */
    long sequence;
    long[] dependencies;
    boolean isUnchanged = true;
    long askedAt;

    /** Recovering: the promises, by replica; the quorum, as bits; how many of it have pre-accepted the value unchanged. */
    Promise[] promises;
    long quorum;
    int unchanged;
    /** Validating and waiting: the instances that may exclude the value. */
    ArrayList<Instance> invalidating;
    boolean isInvalid;

    Round(long ballot, int stage) {
        this.ballot = ballot;
        this.stage = stage;
    }

    /** Notes an answer; false if it is not the first of that replica. */
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
