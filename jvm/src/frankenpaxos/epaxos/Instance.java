// What one replica knows of one instance: the state of its acceptor, the round it leads (if any), and the place in the dependency graph.
package frankenpaxos.epaxos;

import java.util.ArrayList;

final class Instance {
    static final int UNKNOWN = 0;
    static final int PRE_ACCEPTED = 1;
    static final int ACCEPTED = 2;
    static final int COMMITTED = 3;
    static final int EXECUTED = 4;

    final int column;
    final long number;
    int phase = UNKNOWN;
    /** The ballot that has been promised, and the ballot of the accepted value. 0 is the ballot of the leader. */
    long ballot;
    long acceptedBallot;
    /** Pre-accepted, accepted or committed, as the phase says. */
    Value value;
    /** The value as its leader has pre-accepted it; null if this replica does not know it. */
    Value initial;

    /** How this replica has the instance decided; null if it does not. */
    Round round;
    boolean isListed;
    boolean isWatched;
    long recoverAt;
    /** How often this replica has begun to recover it. Others may do the same, so each waits longer after each attempt. */
    int attempts;
    /** If a recovery of it waits at some replica: how many have pre-accepted it unchanged. Else -1. */
    int waiting = -1;
    boolean isForgottenByOthers;

    // Its place in the graph: see Executor.
    int order;
    /** After its execution: all following instances below this number have been executed, too. */
    long executedBelow;
    int low;
    boolean isOnStack;
    Instance blocker;
    ArrayList<Instance> blocked;

    Instance(int column, long number) {
        this.column = column;
        this.number = number;
    }

    boolean isCommitted() {
        return phase >= COMMITTED;
    }

    @Override
    public String toString() {
        return column + "." + number;
    }
}
