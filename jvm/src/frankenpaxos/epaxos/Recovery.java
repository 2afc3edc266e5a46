// Has instances decided whose leaders do not go on. It must find the value that a leader may have decided on the fast path, from a
// majority that holds only some of those who pre-accepted it. The rules are those of EPaxos* (Ryabinin, Gotsman and Sutra,
// "Making Democracy Work", 2025), which work with the small fast quorums that the original's rules do not recover correctly.
//
// A fast quorum lacks at most `missing` replicas, and all of it has pre-accepted the value unchanged. So: who has committed or accepted
// something has the answer. Failing that, a leader in the majority says with its promise that the fast path is not taken. Failing that,
// if too few have pre-accepted unchanged, it cannot have been taken. What is left is validated: a command that conflicts, that the value
// does not depend on, and that does not depend on this instance, cannot be decided too. If it is decided, the value was not; while it is
// not, the recovery waits for it; two that wait for each other find out by what they tell everybody.
package frankenpaxos.epaxos;

import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Reader;
import fpray.runtime.Writer;
import java.util.ArrayList;

final class Recovery {
    private static final int MAX_RESENDS = 4;

    private final EventLoop loop;
    private final int index;
    private final int n;
    private final int majority;
    private final int missing;
    private final Replica replica;
    private final Column[] columns;
    private final ConflictIndex conflicts;
    private final Peers peers;
    private final long period;
    // Those of this replica's recoveries that wait for other instances.
    private final ArrayList<Instance> waiting = new ArrayList<Instance>();

    Recovery(EventLoop loop, Config config, int index, Replica replica, Column[] columns, ConflictIndex conflicts, Peers peers, long period) {
        this.loop = loop;
        this.index = index;
        this.n = config.replicas.length;
        this.majority = config.slowQuorum;
        this.missing = config.missingFromFast();
        this.replica = replica;
        this.columns = columns;
        this.conflicts = conflicts;
        this.peers = peers;
        this.period = period;
    }

    // Preparing -------------------------------------------------------------------------------------------------

    /** Begins, or begins again, with a ballot that is higher than all known ones. */
    void start(Instance instance) {
        instance.attempts++;
        long ballot = (instance.ballot / n + 1) * n + index;
        if (Log.isDebug()) {
            Log.debug("Replica " + index + " recovers the instance " + instance + " in ballot " + ballot + ".");
        }
        instance.ballot = ballot;
        Round round = new Round(ballot, Round.PREPARING);
        round.promises = new Promise[n];
        round.promises[index] = Promise.of(instance);
        round.answered(index);
        replica.begin(instance, round);
        send(Messages.PREPARE, instance, peers.others());
    }

    /** Not all that was asked for has come in time. */
    void overdue(Instance instance) {
        Round round = instance.round;
        boolean isQuorumFixed = round.stage != Round.PREPARING;
        if (isQuorumFixed && ++round.resends >= MAX_RESENDS) {
            // One of the quorum may be dead: another attempt does without it.
            start(instance);
        } else if (round.stage == Round.WAITING) {
            tellThatItWaits(instance, round);
        } else {
            send(isQuorumFixed ? Messages.VALIDATE : Messages.PREPARE, instance, (isQuorumFixed ? round.quorum : peers.others()) & ~round.answered);
        }
    }

    /** Sends a message with nothing but the ballot, and the value if there is one. */
    private void send(int type, Instance instance, long to) {
        instance.round.due = loop.now() + period;
        for (int i = 0; i < n; i++) {
            if ((to >>> i & 1) != 0) {
                Writer out = Replica.begin(peers.connection(i), type, instance);
                out.varint(instance.round.ballot);
                if (instance.round.value != null) {
                    Messages.value(out, instance.round.value);
                }
                peers.connection(i).end();
            }
        }
    }

    /** Promises the ballot; false if a higher one has been promised, which the sender is told. */
    private boolean promise(Connection from, Instance instance, long ballot) {
        if (ballot < instance.ballot) {
            Replica.nack(from, instance);
            return false;
        }
        promise(instance, ballot);
        return true;
    }

    /** Promises a ballot that is no lower than any promised before: this replica's own attempts end. */
    void promise(Instance instance, long ballot) {
        if (ballot > instance.ballot) {
            instance.ballot = ballot;
            instance.round = null;
            if (instance.column == index) {
                // A client waits for it here, whatever becomes of whoever recovers it.
                replica.watch(instance);
            }
        }
    }

    void handlePrepare(Connection from, Instance instance, long ballot) {
        if (promise(from, instance, ballot)) {
            Writer out = Replica.begin(from, Messages.PREPARE_OK, instance);
            out.varint(ballot);
            out.varint(index);
            Promise.of(instance).write(out);
            from.end();
        }
    }

    void handlePrepareOk(Instance instance, long ballot, int other, Promise promise) {
        Round round = instance.round;
        if (round == null || !round.isRecovering() || round.ballot != ballot || round.promises[other] != null) {
            return;
        }
        round.promises[other] = promise;
        if (round.stage == Round.PREPARING) {
            if (round.answered(other) && round.answers() == majority) {
                choose(instance, round);
            }
        } else if (other == instance.column) {
            // The leader comes late, but says the same as in time: the fast path is not taken.
            boolean isAccepted = promise.phase == Instance.ACCEPTED;
            propose(instance, isAccepted ? promise.value : Value.nothing(n), "its leader has said so, late");
        }
    }

    private void choose(Instance instance, Round round) {
        Promise accepted = null;
        Value initial = null;
        for (int i = 0; i < n; i++) {
            Promise promise = round.promises[i];
            if (promise == null) {
                continue;
            }
            if (promise.phase == Instance.ACCEPTED && (accepted == null || promise.acceptedBallot > accepted.acceptedBallot)) {
                accepted = promise;
            }
            if (promise.phase == Instance.PRE_ACCEPTED && promise.isUnchanged) {
                round.unchanged++;
                initial = promise.value;
            }
        }
        if (accepted != null) {
            propose(instance, accepted.value, "it has been accepted");
        } else if (round.promises[instance.column] != null) {
            propose(instance, Value.nothing(n), "its leader does not take the fast path");
        } else if (round.unchanged < majority - missing) {
            propose(instance, Value.nothing(n), "too few have pre-accepted it unchanged");
        } else {
            validate(instance, round, initial);
        }
    }

    // Validating ------------------------------------------------------------------------------------------------

    private void validate(Instance instance, Round round, Value value) {
        round.stage = Round.VALIDATING;
        round.value = value;
        round.quorum = round.answered;
        round.answered = 0;
        round.invalidating = new ArrayList<Instance>();
        round.answered(index);
        round.isInvalid = isInvalid(instance, value, round.invalidating);
        send(Messages.VALIDATE, instance, round.quorum & peers.others());
    }

    /**
     * Whether something is committed that excludes the value; else adds what may be. From now on, conflicting commands that this
     * replica pre-accepts depend on the instance.
     */
    private boolean isInvalid(Instance instance, Value value, ArrayList<Instance> invalidating) {
        if (instance.initial == null) {
            instance.initial = value;
        }
        conflicts.record(instance, value);
        // What has been executed here cannot depend on an instance that is not committed here.
        long[] executed = conflicts.executedConflicts(value.command);
        for (int i = 0; i < n; i++) {
            if (executed[i] > value.dependencies[i]) {
                return true;
            }
        }
        for (int i = 0; i < n; i++) {
            for (long number = Math.max(value.dependencies[i], columns[i].executed()); number < columns[i].high(); number++) {
                Instance other = columns[i].get(number);
                if (other == null || other == instance || other.phase == Instance.EXECUTED) {
                    continue;
                }
                Value theirs = other.isCommitted() ? other.value : other.initial;
                if (theirs == null || theirs.command == null || theirs.dependsOn(instance) || !conflicts.conflict(value.command, theirs.command)) {
                    continue;
                }
                if (other.isCommitted()) {
                    return true;
                }
                invalidating.add(other);
            }
        }
        return false;
    }

    void handleValidate(Connection from, Instance instance, long ballot, Value value) {
        if (!promise(from, instance, ballot)) {
            return;
        }
        ArrayList<Instance> invalidating = new ArrayList<Instance>();
        boolean isInvalid = isInvalid(instance, value, invalidating);
        Writer out = Replica.begin(from, Messages.VALIDATE_OK, instance);
        out.varint(ballot);
        out.varint(index);
        out.u8(isInvalid ? 1 : 0);
        out.varint(invalidating.size());
        for (int i = 0; i < invalidating.size(); i++) {
            out.varint(invalidating.get(i).column);
            out.varint(invalidating.get(i).number);
        }
        from.end();
    }

    void handleValidateOk(Instance instance, long ballot, int other, Reader in) {
        Round round = instance.round;
        if (round == null || round.stage != Round.VALIDATING || round.ballot != ballot || (round.quorum >>> other & 1) == 0) {
            return;
        }
        boolean isInvalid = in.u8() == 1;
        ArrayList<Instance> invalidating = new ArrayList<Instance>();
        for (int left = in.smallVarint(); left > 0; left--) {
            int column = in.smallVarint();
            if (column >= n) {
                throw new Reader.Malformed("an instance of replica " + column);
            }
            Instance found = columns[column].find(in.varint());
            if (found == null) {
                // Executed and forgotten since: the next attempt will hear so.
                return;
            }
            invalidating.add(found);
        }
        if (round.answered(other)) {
            round.isInvalid |= isInvalid;
            round.invalidating.addAll(invalidating);
            if (round.answered == round.quorum) {
                conclude(instance, round);
            }
        }
    }

    private void conclude(Instance instance, Round round) {
        if (round.isInvalid) {
            propose(instance, Value.nothing(n), "what conflicts has been decided without it");
        } else if (round.unchanged == majority - missing && isLedOutside(round)) {
            propose(instance, Value.nothing(n), "what conflicts has been led without it");
        } else if (round.invalidating.isEmpty()) {
            propose(instance, round.value, "nothing excludes it");
        } else {
            await(instance, round);
        }
    }

    /**
     * Whether an instance that may invalidate has its leader outside of the quorum. If just as few of the quorum have pre-accepted
     * unchanged as the fast path allows, all outside had to: then that leader knew of this instance first, and had to depend on it.
     */
    private static boolean isLedOutside(Round round) {
        for (int i = 0; i < round.invalidating.size(); i++) {
            if ((round.quorum >>> round.invalidating.get(i).column & 1) == 0) {
                return true;
            }
        }
        return false;
    }

    // Waiting ---------------------------------------------------------------------------------------------------

    private void await(Instance instance, Round round) {
        round.stage = Round.WAITING;
        round.resends = 0;
        tellThatItWaits(instance, round);
        handleWaiting(instance, round.unchanged);
        for (int i = 0; i < round.invalidating.size(); i++) {
            replica.watch(round.invalidating.get(i));
        }
        if (!isSettled(instance, round)) {
            waiting.add(instance);
        }
    }

    private void tellThatItWaits(Instance instance, Round round) {
        round.due = loop.now() + period;
        for (int i = 0; i < n; i++) {
            if (i != index) {
                Replica.begin(peers.connection(i), Messages.WAITING, instance).varint(round.unchanged);
                peers.connection(i).end();
            }
        }
    }

    void handleWaiting(Instance instance, int unchanged) {
        instance.waiting = Math.max(instance.waiting, unchanged);
        lookAgain();
    }

    /** Something has been committed, or said, that a recovery may have waited for. */
    void lookAgain() {
        int kept = 0;
        for (int i = 0; i < waiting.size(); i++) {
            Instance instance = waiting.get(i);
            Round round = instance.round;
            if (round != null && round.stage == Round.WAITING && !isSettled(instance, round)) {
                waiting.set(kept++, instance);
            }
        }
        waiting.subList(kept, waiting.size()).clear();
    }

    /** Proposes what follows from what the recovery has waited for, if that is known by now. */
    private boolean isSettled(Instance instance, Round round) {
        boolean allDecided = true;
        for (int i = 0; i < round.invalidating.size(); i++) {
            Instance other = round.invalidating.get(i);
            if (!other.isCommitted()) {
                // So many have the other one without this one that no fast quorum has this one without the other.
                if (other.waiting >= missing) {
                    propose(instance, Value.nothing(n), "what conflicts has been pre-accepted without it by too many");
                    return true;
                }
                allDecided = false;
            } else if (other.value.command != null && !other.value.dependsOn(instance)) {
                propose(instance, Value.nothing(n), "what conflicts has been decided without it meanwhile");
                return true;
            }
        }
        if (allDecided) {
            propose(instance, round.value, "what conflicts has been decided with it");
        }
        return allDecided;
    }

    private void propose(Instance instance, Value value, String why) {
        if (Log.isDebug()) {
            Log.debug("Replica " + index + (value.command == null ? " gives up" : " keeps") + " the command of the instance " + instance + ": " + why + ".");
        }
        replica.propose(instance, instance.round.ballot, value);
    }
}
