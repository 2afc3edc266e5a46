// A replica: leads the instances of its own column, accepts those of others, and executes all that is committed. What it does for
// instances whose leaders do not go on is in Recovery.
package frankenpaxos.epaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Reader;
import fpray.runtime.Timer;
import fpray.runtime.Writer;
import fpray.state.StateMachine;
import java.util.ArrayList;
import java.util.Random;

final class Replica extends Actor {
    /** Periods are looked at so many times each, within these bounds. */
    private static final int TICKS_IN_PERIOD = 10;
    private static final long MIN_TICK = 5_000_000L;
    private static final long MAX_TICK = 500_000_000L;
    private static final int MAX_DOUBLINGS = 5;

    private final EventLoop loop;
    private final Config config;
    private final int index;
    private final int n;
    private final StateMachine stateMachine;
    private final ReplicaOptions options;
    private final Peers peers;
    private final Column[] columns;
    private final ConflictIndex conflicts;
    private final Executor executor;
    private final Recovery recovery;
    private final Garbage garbage;
    private final ClientTable clients = new ClientTable();
    private final Commands commands = new Commands();
    private final Random random = new Random();
    // Instances that this replica is having decided, and those that are to be recovered unless they are committed soon.
    private final ArrayList<Instance> rounds = new ArrayList<Instance>();
    private final ArrayList<Instance> watched = new ArrayList<Instance>();
    // The leaders that have not gone on in time, and have not been heard of since.
    private final boolean[] silent;
    // The next instance that this replica leads.
    private long next;

    Replica(EventLoop loop, Config config, int index, StateMachine stateMachine, ReplicaOptions options) {
        super("epaxos_replica", Messages.NAMES);
        this.loop = loop;
        this.config = config;
        this.index = index;
        this.n = config.replicas.length;
        this.silent = new boolean[n];
        this.stateMachine = stateMachine;
        this.options = options;
        peers = new Peers(loop, config, index, this, options.thriftySystem);
        columns = new Column[n];
        for (int i = 0; i < n; i++) {
            columns[i] = new Column(i, options.verticesGrowSize);
        }
        conflicts = new ConflictIndex(stateMachine, n, options.unsafeReturnNoDependencies);
        executor = new Executor(loop, this, columns, options);
        recovery = new Recovery(loop, config, index, this, columns, conflicts, peers, options.resendPreparesPeriod);
        garbage = new Garbage(loop, config, index, this, columns, peers, options.garbageCollectEveryNCommands);
        startTicks();
    }

    private void startTicks() {
        long shortest = Math.min(Math.min(options.resendPreAcceptsPeriod, options.defaultToSlowPathPeriod),
            Math.min(Math.min(options.resendAcceptsPeriod, options.resendPreparesPeriod), options.recoverInstanceMinPeriod));
        final long period = Math.max(MIN_TICK, Math.min(MAX_TICK, shortest / TICKS_IN_PERIOD));
        new Timer(loop) {
            @Override
            protected void fire() {
                tick();
                start(period);
            }
        }.start(period);
    }

    // Messages --------------------------------------------------------------------------------------------------

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type == Messages.CLIENT_REQUEST) {
            handleRequest(from, in.rest());
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
        } else {
            receive(from, type, instance, in);
        }
    }

    private void receive(Connection from, int type, Instance instance, Reader in) {
        switch (type) {
            case Messages.PRE_ACCEPT:
                handlePreAccept(from, instance, Messages.value(in, n));
                break;
            case Messages.PRE_ACCEPT_OK:
                handlePreAcceptOk(instance, replica(in), in.varint(), Messages.numbers(in, n));
                break;
            case Messages.ACCEPT:
                handleAccept(from, instance, in.varint(), Messages.value(in, n));
                break;
            case Messages.ACCEPT_OK:
                handleAcceptOk(instance, in.varint(), replica(in));
                break;
            case Messages.COMMIT:
                commit(instance, Messages.value(in, n));
                break;
            case Messages.PREPARE:
                if (!answerWithCommit(from, instance)) {
                    recovery.handlePrepare(from, instance, in.varint());
                }
                break;
            case Messages.PREPARE_OK:
                recovery.handlePrepareOk(instance, in.varint(), replica(in), Promise.read(in, n));
                break;
            case Messages.VALIDATE:
                if (!answerWithCommit(from, instance)) {
                    recovery.handleValidate(from, instance, in.varint(), Messages.value(in, n));
                }
                break;
            case Messages.VALIDATE_OK:
                recovery.handleValidateOk(instance, in.varint(), replica(in), in);
                break;
            case Messages.WAITING:
                recovery.handleWaiting(instance, in.smallVarint());
                break;
            case Messages.NACK:
                handleNack(instance, in.varint());
                break;
            case Messages.FORGOTTEN:
                instance.isForgottenByOthers = true;
                watch(instance);
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

    /** All replicas have executed it, or so many that the sender is too far behind. */
    private void handleForgotten(Connection from, int type, int column, long number) {
        if (type == Messages.PRE_ACCEPT || type == Messages.ACCEPT || type == Messages.PREPARE || type == Messages.VALIDATE) {
            begin(from, Messages.FORGOTTEN, columns[column], number);
            from.end();
        }
    }

    private boolean answerWithCommit(Connection from, Instance instance) {
        if (instance.isCommitted()) {
            sendCommit(from, instance);
            return true;
        }
        return false;
    }

    private void sendCommit(Connection to, Instance instance) {
        Messages.value(begin(to, Messages.COMMIT, instance), instance.value);
        to.end();
    }

    static Writer begin(Connection to, int type, Instance instance) {
        Writer out = to.begin(type);
        out.varint(instance.column);
        out.varint(instance.number);
        return out;
    }

    private static Writer begin(Connection to, int type, Column column, long number) {
        Writer out = to.begin(type);
        out.varint(column.index());
        out.varint(number);
        return out;
    }

    static void nack(Connection to, Instance instance) {
        begin(to, Messages.NACK, instance).varint(instance.ballot);
        to.end();
    }

    // Clients ---------------------------------------------------------------------------------------------------

    private void handleRequest(Connection from, byte[] command) {
        commands.read(command);
        ClientTable.Entry entry = clients.entry(commands.client, commands.pseudonym);
        if (entry.hasExecuted(commands.id)) {
            if (entry.last == commands.id) {
                reply(from, commands.pseudonym, commands.id, entry.result);
            }
            return;
        }
        boolean isUnderWay = entry.asked == commands.id;
        entry.asked = commands.id;
        entry.askedBy = from;
        if (!isUnderWay) {
            lead(command);
        }
    }

    private static void reply(Connection to, int pseudonym, long id, byte[] result) {
        Writer out = to.begin(Messages.CLIENT_REPLY);
        out.varint(pseudonym);
        out.varint(id);
        out.blob(result);
        to.end();
    }

    // Pre-accepting ---------------------------------------------------------------------------------------------

    private void lead(byte[] command) {
        Instance instance = columns[index].find(next);
        if (instance == null || instance.phase != Instance.UNKNOWN || instance.ballot > 0) {
            throw Log.fatal("Replica " + index + " has been started anew, but others know of instances of its former life: it cannot go on.");
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
        begin(instance, round);
        sendPreAccepts(instance, peers.chosen(config.fastQuorum));
    }

    /** From now on, this replica has the instance decided by that round. */
    void begin(Instance instance, Round round) {
        instance.round = round;
        if (!instance.isListed) {
            instance.isListed = true;
            rounds.add(instance);
        }
    }

    private void sendPreAccepts(Instance instance, long to) {
        Round round = instance.round;
        round.due = loop.now() + options.resendPreAcceptsPeriod;
        for (int i = 0; i < n; i++) {
            if ((to >>> i & 1) != 0) {
                Messages.value(begin(peers.connection(i), Messages.PRE_ACCEPT, instance), round.value);
                peers.connection(i).end();
            }
        }
    }

    private void handlePreAccept(Connection from, Instance instance, Value value) {
        silent[instance.column] = false;
        if (answerWithCommit(from, instance)) {
            return;
        }
        if (instance.ballot > 0 || value.command == null) {
            nack(from, instance);
            return;
        }
        if (instance.phase == Instance.UNKNOWN) {
            instance.initial = value;
            instance.value = conflicts.extended(value);
            instance.phase = Instance.PRE_ACCEPTED;
            conflicts.record(instance, instance.value);
        }
        if (instance.phase == Instance.PRE_ACCEPTED) {
            Writer out = begin(from, Messages.PRE_ACCEPT_OK, instance);
            out.varint(index);
            out.varint(instance.value.sequence);
            Messages.numbers(out, instance.value.dependencies);
            from.end();
        }
    }

    private void handlePreAcceptOk(Instance instance, int replica, long sequence, long[] dependencies) {
        Round round = instance.round;
        if (round == null || round.stage != Round.PRE_ACCEPTING || instance.ballot > 0 || !round.answered(replica)) {
            return;
        }
        peers.answered(replica, System.nanoTime() - round.askedAt);
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

    // Accepting -------------------------------------------------------------------------------------------------

    /** Has the value accepted in a ballot in which this replica may propose it. */
    void propose(Instance instance, long ballot, Value value) {
        Round round = new Round(ballot, Round.ACCEPTING);
        round.value = value;
        accept(instance, ballot, value);
        round.answered(index);
        begin(instance, round);
        sendAccepts(instance, peers.chosen(config.slowQuorum));
    }

    private void sendAccepts(Instance instance, long to) {
        Round round = instance.round;
        round.due = loop.now() + options.resendAcceptsPeriod;
        for (int i = 0; i < n; i++) {
            if ((to >>> i & 1) != 0) {
                Writer out = begin(peers.connection(i), Messages.ACCEPT, instance);
                out.varint(round.ballot);
                Messages.value(out, round.value);
                peers.connection(i).end();
            }
        }
    }

    private void accept(Instance instance, long ballot, Value value) {
        instance.ballot = ballot;
        instance.acceptedBallot = ballot;
        instance.phase = Instance.ACCEPTED;
        instance.value = value;
        conflicts.record(instance, value);
    }

    private void handleAccept(Connection from, Instance instance, long ballot, Value value) {
        if (answerWithCommit(from, instance)) {
            return;
        }
        if (ballot < instance.ballot) {
            nack(from, instance);
            return;
        }
        recovery.promise(instance, ballot);
        accept(instance, ballot, value);
        Writer out = begin(from, Messages.ACCEPT_OK, instance);
        out.varint(ballot);
        out.varint(index);
        from.end();
    }

    private void handleAcceptOk(Instance instance, long ballot, int replica) {
        Round round = instance.round;
        if (round != null && round.stage == Round.ACCEPTING && round.ballot == ballot && round.answered(replica)
            && round.answers() == config.slowQuorum) {
            decide(instance, round.value);
        }
    }

    /** Somebody has promised a higher ballot: whoever it is may have it decided, or else it is this replica's turn again. */
    private void handleNack(Instance instance, long ballot) {
        if (instance.isCommitted() || instance.round == null || ballot <= instance.round.ballot) {
            return;
        }
        instance.ballot = Math.max(instance.ballot, ballot);
        instance.round = null;
        watch(instance);
    }

    // Committing ------------------------------------------------------------------------------------------------

    /** The value has been chosen: tells everybody. */
    private void decide(Instance instance, Value value) {
        commit(instance, value);
        for (int i = 0; i < n; i++) {
            if (i != index) {
                sendCommit(peers.connection(i), instance);
            }
        }
    }

    private void commit(Instance instance, Value value) {
        if (instance.isCommitted()) {
            return;
        }
        instance.phase = Instance.COMMITTED;
        instance.value = value;
        instance.round = null;
        Value initial = instance.initial;
        instance.initial = null;
        conflicts.record(instance, value);
        recovery.lookAgain();
        executor.committed(instance);
        if (value.command == null && instance.column == index && initial != null) {
            leadAgain(initial.command);
        }
    }

    /** Others have given up the instance of a command that a client waits for. */
    private void leadAgain(byte[] command) {
        commands.read(command);
        ClientTable.Entry entry = clients.entry(commands.client, commands.pseudonym);
        if (entry.asked == commands.id && !entry.hasExecuted(commands.id)) {
            lead(command);
        }
    }

    // Executing -------------------------------------------------------------------------------------------------

    /** For Executor, which decides when. */
    void execute(Instance instance) {
        byte[] command = instance.value.command;
        if (command != null) {
            conflicts.recordExecuted(instance);
            execute(command);
        }
        garbage.executed(instance);
    }

    private void execute(byte[] command) {
        commands.read(command);
        ClientTable.Entry entry = clients.entry(commands.client, commands.pseudonym);
        if (!entry.hasExecuted(commands.id)) {
            try {
                entry.executed(commands.id, stateMachine.run(command, commands.from, commands.length));
            } catch (IllegalArgumentException e) {
                throw Log.fatal(e.getMessage());
            }
        }
        if (entry.askedBy != null && entry.asked == commands.id && entry.last == commands.id) {
            reply(entry.askedBy, commands.pseudonym, commands.id, entry.result);
            entry.askedBy = null;
        }
    }

    // Time ------------------------------------------------------------------------------------------------------

    /** Something waits for the instance: unless it is committed soon, this replica recovers it. */
    void watch(Instance instance) {
        if (!instance.isWatched && !instance.isCommitted()) {
            instance.isWatched = true;
            instance.recoverAt = loop.now() + recoverPeriod(0);
            watched.add(instance);
            // What waits for one instance of a dead leader waits for all that it has left: not for one after the other.
            if (silent[instance.column] && instance.round == null) {
                recover(instance);
            }
        }
    }

    /** Longer, and more by chance, the more attempts have failed. */
    private long recoverPeriod(int attempts) {
        long min = options.recoverInstanceMinPeriod;
        long period = min + (long) (random.nextDouble() * Math.max(0, options.recoverInstanceMaxPeriod - min));
        return (long) (period * (1 + random.nextDouble() * ((1 << Math.min(attempts, MAX_DOUBLINGS)) - 1)));
    }

    private void tick() {
        int kept = 0;
        int size = rounds.size();
        for (int i = 0; i < size; i++) {
            Instance instance = rounds.get(i);
            if (instance.round != null && loop.now() >= instance.round.due) {
                overdue(instance);
            }
            instance.isListed = instance.round != null;
            if (instance.isListed) {
                rounds.set(kept++, instance);
            }
        }
        rounds.subList(kept, size).clear();
        recoverWatched();
    }

    /** What has been asked for has not come in time. */
    private void overdue(Instance instance) {
        Round round = instance.round;
        if (round.isRecovering()) {
            recovery.overdue(instance);
        } else if (round.stage == Round.ACCEPTING) {
            sendAccepts(instance, peers.others() & ~round.answered);
        } else if (round.answers() >= config.slowQuorum) {
            takeSlowPath(instance);
        } else {
            sendPreAccepts(instance, peers.others() & ~round.answered);
        }
    }

    private void recoverWatched() {
        int kept = 0;
        int size = watched.size();
        for (int i = 0; i < size; i++) {
            Instance instance = watched.get(i);
            if (instance.isCommitted()) {
                instance.isWatched = false;
                continue;
            }
            if (loop.now() >= instance.recoverAt) {
                instance.recoverAt = loop.now() + recoverPeriod(instance.attempts);
                // What this replica is having decided goes on by itself.
                if (instance.round == null) {
                    silent[instance.column] = instance.column != index;
                    recover(instance);
                }
            }
            watched.set(kept++, instance);
        }
        watched.subList(kept, size).clear();
    }

    private void recover(Instance instance) {
        if (instance.isForgottenByOthers) {
            throw Log.fatal("Replica " + index + " is too far behind: it lacks the instance " + instance
                + ", which others have executed and forgotten.");
        }
        recovery.start(instance);
    }
}
