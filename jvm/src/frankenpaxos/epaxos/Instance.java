// What one replica knows of one instance: its acceptor's state, the round it leads (if so), and its place in the dependency graph.
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
    /** The ballot that has been promised, and the one of the value that has been accepted. 0 is the leader's own. */
    long ballot;
    long acceptedBallot;
    /** Pre-accepted, accepted or committed, as the phase says. */
    Value value;
    /** As its leader has pre-accepted it, if it has been told to this replica. */
    Value initial;

    /** What this replica is doing to have the instance decided; null for nothing. */
    Round round;
    boolean isListed;
    boolean isWatched;
    long recoverAt;
    /** How often this replica has begun to recover it: others are at it too, and somebody must be first. */
    int attempts;
    /** How many have pre-accepted it unchanged, says somebody whose recovery of it waits; -1 if nobody does. */
    int waiting = -1;
    boolean isForgottenByOthers;

    // The graph, see Executor.
    int order;
    /** Once it has been executed: all that follow below this number have been, too. */
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
