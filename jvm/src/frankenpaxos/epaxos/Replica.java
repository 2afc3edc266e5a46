// A replica: leads the instances of its own column (Proposer), accepts those of others (Acceptor), recovers instances that other leaders
// have left undecided (Recovery), and executes committed instances (Executor). This class connects these parts with the network.
package frankenpaxos.epaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Reader;
import fpray.runtime.Timer;
import fpray.state.StateMachine;

final class Replica extends Actor {
    /** The shortest period of the options is checked this many times, within the bounds below. */
    private static final int TICKS_IN_PERIOD = 10;
    private static final long MIN_TICK = 5_000_000L;
    private static final long MAX_TICK = 500_000_000L;

    private final int index;
    private final int n;
    private final Column[] columns;
    private final ConflictIndex conflicts;
    private final Watch watch;
    private final Rounds rounds;
    private final Acceptor acceptor;
    private final Proposer proposer;
    private final Recovery recovery;
    private final Requests requests;
    private final Executor executor;
    private final Garbage garbage;

    Replica(EventLoop loop, Config config, int index, StateMachine stateMachine, ReplicaOptions options) {
        super("epaxos_replica", Messages.NAMES);
        this.index = index;
        this.n = config.replicas.length;
        columns = new Column[n];
        for (int i = 0; i < n; i++) {
            columns[i] = new Column(i, options.verticesGrowSize);
        }
        Peers peers = new Peers(loop, config, index, this, options.thriftySystem);
        conflicts = new ConflictIndex(stateMachine, n, options.unsafeReturnNoDependencies);
        watch = new Watch(loop, index, n, this, options);
        rounds = new Rounds(loop, this, peers);
        acceptor = new Acceptor(index, conflicts, watch);
        proposer = new Proposer(loop, config, index, this, options, columns[index], conflicts, peers, rounds, acceptor);
        recovery = new Recovery(loop, config, index, columns, conflicts, peers, rounds, watch, acceptor, proposer, options.resendPreparesPeriod);
        requests = new Requests(stateMachine, proposer);
        executor = new Executor(loop, this, columns, options);
        garbage = new Garbage(loop, config, index, this, columns, peers, options.garbageCollectEveryNCommands);
        startTicks(loop, options);
    }

    private void startTicks(EventLoop loop, ReplicaOptions options) {
        final long period = Math.max(MIN_TICK, Math.min(MAX_TICK, options.shortestPeriod() / TICKS_IN_PERIOD));
        new Timer(loop) {
            @Override
            protected void fire() {
                rounds.tick();
                watch.tick();
                start(period);
            }
        }.start(period);
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type == Messages.CLIENT_REQUEST) {
            requests.handleRequest(from, in.rest());
            return;
        }
        int first = in.smallVarint();
        if (first >= n || type == Messages.CLIENT_REPLY) {
            throw unexpected(type);
        }
        if (type == Messages.EXECUTED) {
            garbage.handleExecuted(first, Messages.numbers(in, n));
            return;
        }
        long number = in.varint();
        Instance instance = columns[first].find(number);
        if (instance == null) {
            handleForgotten(from, type, first, number);
            return;
        }
        if (type == Messages.PRE_ACCEPT) {
            watch.heardFromLeader(instance);
        }
        if (instance.isCommitted() && expectsAnswer(type)) {
            Messages.commit(from, instance);
        } else {
            receive(from, type, instance, in);
        }
    }

    private void receive(Connection from, int type, Instance instance, Reader in) {
        switch (type) {
            case Messages.PRE_ACCEPT:
                acceptor.handlePreAccept(from, instance, Messages.value(in, n));
                break;
            case Messages.PRE_ACCEPT_OK:
                proposer.handlePreAcceptOk(instance, replica(in), in.varint(), Messages.numbers(in, n));
                break;
            case Messages.ACCEPT:
                acceptor.handleAccept(from, instance, in.varint(), Messages.value(in, n));
                break;
            case Messages.ACCEPT_OK:
                proposer.handleAcceptOk(instance, in.varint(), replica(in));
                break;
            case Messages.COMMIT:
                commit(instance, Messages.value(in, n));
                break;
            case Messages.PREPARE:
                acceptor.handlePrepare(from, instance, in.varint());
                break;
            case Messages.PREPARE_OK:
                recovery.handlePrepareOk(instance, in.varint(), replica(in), Promise.read(in, n));
                break;
            case Messages.VALIDATE:
                recovery.validation().handleValidate(from, instance, in.varint(), Messages.value(in, n));
                break;
            case Messages.VALIDATE_OK:
                recovery.validation().handleValidateOk(instance, in.varint(), replica(in), in);
                break;
            case Messages.WAITING:
                recovery.waiting().handleWaiting(instance, in.smallVarint());
                break;
            case Messages.NACK:
                handleNack(instance, in.varint());
                break;
            case Messages.FORGOTTEN:
                instance.isForgottenByOthers = true;
                watch.add(instance);
                break;
            default:
                throw unexpected(type);
        }
    }

    private int replica(Reader in) {
        int replica = in.smallVarint();
        if (replica >= n) {
            throw new Reader.Malformed("an answer of replica " + replica);
        }
        return replica;
    }

    /** Whether the sender waits for what this replica has promised, accepted or validated. */
    private static boolean expectsAnswer(int type) {
        return type == Messages.PRE_ACCEPT || type == Messages.ACCEPT || type == Messages.PREPARE || type == Messages.VALIDATE;
    }

    /** The instance has been executed by all replicas; or by so many that the sender is too far behind. */
    private static void handleForgotten(Connection from, int type, int column, long number) {
        if (expectsAnswer(type)) {
            Messages.begin(from, Messages.FORGOTTEN, column, number);
            from.end();
        }
    }

    /** Another replica has promised a higher ballot. Either that ballot decides the instance, or this replica tries again later. */
    private void handleNack(Instance instance, long ballot) {
        if (instance.isCommitted() || instance.round == null || ballot <= instance.round.ballot) {
            return;
        }
        instance.ballot = Math.max(instance.ballot, ballot);
        instance.round = null;
        watch.add(instance);
    }

    /** The value has been chosen, by this replica or by another one. */
    void commit(Instance instance, Value value) {
        if (instance.isCommitted()) {
            return;
        }
        instance.phase = Instance.COMMITTED;
        instance.value = value;
        instance.round = null;
        Value initial = instance.initial;
        instance.initial = null;
        conflicts.record(instance, value);
        recovery.waiting().lookAgain();
        executor.committed(instance);
        if (value.command == null && instance.column == index && initial != null) {
            requests.leadAgain(initial.command);
        }
    }

    /** Executes a committed instance. Executor decides when. */
    void execute(Instance instance) {
        byte[] command = instance.value.command;
        if (command != null) {
            conflicts.recordExecuted(instance);
            requests.execute(command);
        }
        garbage.executed(instance);
    }

    /** Something waits for the instance: unless it is committed soon, this replica recovers it. */
    void watch(Instance instance) {
        watch.add(instance);
    }

    /** The instance was not committed in time. */
    void recover(Instance instance) {
        if (instance.isForgottenByOthers) {
            throw Log.fatal("Replica " + index + " is too far behind: it lacks the instance " + instance
                + ", which others have executed and forgotten.");
        }
        recovery.start(instance);
    }

    /** What the instance's round has asked for has not come in time. */
    void overdue(Instance instance) {
        if (instance.round.isRecovering()) {
            recovery.overdue(instance);
        } else {
            proposer.overdue(instance);
        }
    }
}
