// How a replica has an instance decided: as its leader, on the fast path or the slow path; or with the value of a recovery.
package frankenpaxos.epaxos;

import fpray.runtime.EventLoop;
import fpray.runtime.Log;

final class Proposer {
    private final EventLoop loop;
    private final Config config;
    private final int index;
    private final int n;
    private final Replica replica;
    private final ReplicaOptions options;
    private final Column column;
    private final ConflictIndex conflicts;
    private final Peers peers;
    private final Rounds rounds;
    private final Acceptor acceptor;
    // The number of the next instance that this replica leads.
    private long next;

    Proposer(EventLoop loop, Config config, int index, Replica replica, ReplicaOptions options, Column column, ConflictIndex conflicts,
        Peers peers, Rounds rounds, Acceptor acceptor) {
        this.loop = loop;
        this.config = config;
        this.index = index;
        this.n = config.replicas.length;
        this.replica = replica;
        this.options = options;
        this.column = column;
        this.conflicts = conflicts;
        this.peers = peers;
        this.rounds = rounds;
        this.acceptor = acceptor;
    }

    /** Has a command decided in a new instance of this replica's column. */
    void lead(byte[] command) {
        Instance instance = column.find(next);
        if (instance == null || instance.phase != Instance.UNKNOWN || instance.ballot > 0) {
            throw Log.fatal("Replica " + index + " has been restarted without its state, but others know instances that it led before: it cannot go on.");
        }
        next++;
        instance.initial = conflicts.extended(new Value(command, 0, new long[n]));
        instance.value = instance.initial;
        instance.phase = Instance.PRE_ACCEPTED;
        conflicts.record(instance, instance.value);
        Round round = new Round(0, Round.PRE_ACCEPTING);
        round.value = instance.value;
        round.sequence = round.value.sequence;
        round.dependencies = round.value.dependencies.clone();
        round.answered(index);
        round.askedAt = loop.now();
        rounds.begin(instance, round);
        sendPreAccepts(instance, peers.chosen(config.fastQuorum));
    }

    private void sendPreAccepts(Instance instance, long to) {
        rounds.ask(Messages.PRE_ACCEPT, instance, to, options.resendPreAcceptsPeriod);
    }

    void handlePreAcceptOk(Instance instance, int other, long sequence, long[] dependencies) {
        Round round = instance.round;
        if (round == null || round.stage != Round.PRE_ACCEPTING || instance.ballot > 0 || !round.answered(other)) {
            return;
        }
        peers.answered(other, System.nanoTime() - round.askedAt);
        round.isUnchanged &= round.value.hasAttributes(sequence, dependencies);
        round.sequence = Math.max(round.sequence, sequence);
        for (int i = 0; i < n; i++) {
            round.dependencies[i] = Math.max(round.dependencies[i], dependencies[i]);
        }
        if (round.isUnchanged && round.answers() >= config.fastQuorum) {
            decide(instance, round.value);
        } else if (!round.isUnchanged && round.answers() >= config.slowQuorum) {
            takeSlowPath(instance);
        } else if (round.answers() == config.slowQuorum) {
            round.due = loop.now() + options.defaultToSlowPathPeriod;
        }
    }

    private void takeSlowPath(Instance instance) {
        Round round = instance.round;
        propose(instance, 0, new Value(round.value.command, round.sequence, round.dependencies));
    }

    /** Has the value accepted in a ballot in which this replica may propose it. */
    void propose(Instance instance, long ballot, Value value) {
        Round round = new Round(ballot, Round.ACCEPTING);
        round.value = value;
        acceptor.accept(instance, ballot, value);
        round.answered(index);
        rounds.begin(instance, round);
        sendAccepts(instance, peers.chosen(config.slowQuorum));
    }

    private void sendAccepts(Instance instance, long to) {
        rounds.ask(Messages.ACCEPT, instance, to, options.resendAcceptsPeriod);
    }

    void handleAcceptOk(Instance instance, long ballot, int other) {
        Round round = instance.round;
        if (round != null && round.stage == Round.ACCEPTING && round.ballot == ballot && round.answered(other)
            && round.answers() == config.slowQuorum) {
            decide(instance, round.value);
        }
    }

    /** The value has been chosen: commits it here and at all other replicas. */
    private void decide(Instance instance, Value value) {
        replica.commit(instance, value);
        for (int i = 0; i < n; i++) {
            if (i != index) {
                Messages.commit(peers.connection(i), instance);
            }
        }
    }

    /** Too few have pre-accepted or accepted in time. */
    void overdue(Instance instance) {
        Round round = instance.round;
        if (round.stage == Round.ACCEPTING) {
            sendAccepts(instance, peers.others() & ~round.answered);
        } else if (round.answers() >= config.slowQuorum) {
            takeSlowPath(instance);
        } else {
            sendPreAccepts(instance, peers.others() & ~round.answered);
        }
    }
}
