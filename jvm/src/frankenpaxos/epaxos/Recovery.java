// Has instances decided that their leaders have left undecided. A leader may have decided a value on the fast path. The recovery must
// find that value from a majority in which only some replicas have pre-accepted it. The rules are those of EPaxos* (Ryabinin, Gotsman and
// Sutra, "Making Democracy Work", 2025). They work with the small fast quorums, for which the rules of the original paper are not correct.
//
// A fast quorum lacks at most `missing` replicas, and all its members have pre-accepted the value unchanged. So:
//   1. If a replica has committed or accepted a value, that value is the answer.
//   2. Else, if the leader answers, its promise means that it does not take the fast path.
//   3. Else, if too few have pre-accepted the value unchanged, the fast path cannot have been taken.
//   4. Else the value is validated (see Validation): is there a command that excludes it?
package frankenpaxos.epaxos;

import fpray.runtime.EventLoop;
import fpray.runtime.Log;

final class Recovery {
    private static final int MAX_RESENDS = 4;

    private final int index;
    private final int n;
    private final int majority;
    private final int missing;
    private final Peers peers;
    private final Rounds rounds;
    private final Proposer proposer;
    private final Validation validation;
    private final Waiting waiting;
    private final long period;

    Recovery(EventLoop loop, Config config, int index, Column[] columns, ConflictIndex conflicts, Peers peers, Rounds rounds, Watch watch,
        Acceptor acceptor, Proposer proposer, long period) {
        this.index = index;
        this.n = config.replicas.length;
        this.majority = config.slowQuorum;
        this.missing = config.missingFromFast();
        this.peers = peers;
        this.rounds = rounds;
        this.proposer = proposer;
        this.period = period;
        validation = new Validation(index, this, columns, conflicts, acceptor);
        waiting = new Waiting(loop, config, index, this, peers, watch, period);
    }

    Validation validation() {
        return validation;
    }

    Waiting waiting() {
        return waiting;
    }

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
        rounds.begin(instance, round);
        rounds.ask(Messages.PREPARE, instance, peers.others(), period);
    }

    /** Some of the answers have not come in time. */
    void overdue(Instance instance) {
        Round round = instance.round;
        boolean isQuorumFixed = round.stage != Round.PREPARING;
        if (isQuorumFixed && ++round.resends >= MAX_RESENDS) {
            // A member of the quorum may be dead: another attempt may find another quorum.
            start(instance);
        } else if (round.stage == Round.WAITING) {
            waiting.announce(instance, round);
        } else {
            long asked = isQuorumFixed ? round.quorum : peers.others();
            rounds.ask(isQuorumFixed ? Messages.VALIDATE : Messages.PREPARE, instance, asked & ~round.answered, period);
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
            // The leader answers late, but its promise means the same: it does not take the fast path.
            boolean isAccepted = promise.phase == Instance.ACCEPTED;
            propose(instance, isAccepted ? promise.value : Value.noop(n), "its leader has answered late");
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
            propose(instance, Value.noop(n), "its leader does not take the fast path");
        } else if (round.unchanged < majority - missing) {
            propose(instance, Value.noop(n), "too few have pre-accepted it unchanged");
        } else {
            validation.start(instance, round, initial);
            rounds.ask(Messages.VALIDATE, instance, round.quorum & peers.others(), period);
        }
    }

    /** The quorum has validated the value. */
    void validated(Instance instance, Round round) {
        if (round.isInvalid) {
            propose(instance, Value.noop(n), "a conflicting command has been decided without it");
        } else if (round.unchanged == majority - missing && isLedOutside(round)) {
            propose(instance, Value.noop(n), "a conflicting command has been led without it");
        } else if (round.invalidating.isEmpty()) {
            propose(instance, round.value, "nothing excludes it");
        } else {
            waiting.start(instance, round);
        }
    }

    /**
     * Whether an instance that may invalidate has its leader outside of the quorum. If no more of the quorum have pre-accepted
     * unchanged than the fast path needs, all replicas outside had to: then that leader knew of this instance first, and its own
     * instance had to depend on this one.
     */
    private static boolean isLedOutside(Round round) {
        for (int i = 0; i < round.invalidating.size(); i++) {
            if ((round.quorum >>> round.invalidating.get(i).column & 1) == 0) {
                return true;
            }
        }
        return false;
    }

    /** Ends the recovery with a value, which is accepted in the ballot of the recovery. */
    void propose(Instance instance, Value value, String why) {
        if (Log.isDebug()) {
            Log.debug("Replica " + index + (value.command == null ? " gives up" : " keeps") + " the command of the instance " + instance + ": " + why + ".");
        }
        proposer.propose(instance, instance.round.ballot, value);
    }
}
