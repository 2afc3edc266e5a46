// A replica: executes chosen values in the order of their slots, and answers its share of them.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Writer;
import fpray.state.ClientTable;
import fpray.state.StateMachine;

final class Replica extends Actor {
    /** Chosen values that are further ahead are dropped. The replica gets them again when it has caught up. */
    private static final long MAX_AHEAD = 200_000;

    private final int index;
    private final StateMachine stateMachine;
    private final boolean useClientTable;
    private final int watermarkEveryN;
    private final int replicaCount;
    private final Connection[] leaders;
    private final Replies replies;
    private final ClientTable clientTable = new ClientTable();
    private final Reads reads;
    private final Watermarks watermarks;
    private final Snapshots snapshots;
    private final CatchUp catchUp;
    private final SlotWindow<byte[]> log;
    private final Reader values = new Reader();
    // All slots below have been executed.
    private long next;

    Replica(EventLoop loop, Config config, int index, StateMachine stateMachine, ReplicaOptions options) {
        super("multipaxos_replica", Messages.NAMES);
        this.index = index;
        this.stateMachine = stateMachine;
        this.useClientTable = !options.unsafeDontUseClientTable;
        this.watermarkEveryN = Math.max(1, options.sendChosenWatermarkEveryNEntries);
        this.replicaCount = config.replicas.length;
        this.leaders = loop.connect(config.leaders, this);
        this.replies = new Replies(loop, config, index, this);
        this.log = new SlotWindow<byte[]>(options.logGrowSize);
        this.reads = new Reads(loop, this, stateMachine, leaders, replies);
        Connection[] replicas = loop.connect(config.replicas, this);
        this.watermarks = new Watermarks(loop, config, index, this, replicas);
        this.snapshots = new Snapshots(index, this);
        this.catchUp = new CatchUp(loop, index, this, replicas, leaders, watermarks, snapshots, options);
    }

    long next() {
        return next;
    }

    SlotWindow<byte[]> log() {
        return log;
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        switch (type) {
            case Messages.CHOSEN:
                handleChosen(in.varint(), in);
                break;
            case Messages.READ_REQUEST:
            case Messages.READ_REQUEST_BATCH:
            case Messages.SEQUENTIAL_READ_REQUEST:
            case Messages.SEQUENTIAL_READ_REQUEST_BATCH:
                reads.handle(in.varintFromMinusOne(), in);
                break;
            case Messages.EVENTUAL_READ_REQUEST:
            case Messages.EVENTUAL_READ_REQUEST_BATCH:
                in.varint();
                reads.execute(in);
                break;
            case Messages.CHOSEN_WATERMARK:
                catchUp.handleWatermark(in.smallVarint(), in.varint());
                break;
            case Messages.RECOVER:
                catchUp.handleRecover(from, in.varint());
                break;
            case Messages.CAUGHT_UP:
                catchUp.handleCaughtUp(from, in.varint());
                break;
            case Messages.SNAPSHOT:
                snapshots.handlePart(in.varint(), in.smallVarint(), in.smallVarint(), in);
                break;
            default:
                throw unexpected(type);
        }
    }

    private void handleChosen(long slot, Reader in) {
        if (slot < next || log.get(slot) != null) {
            return;
        }
        if (slot <= next + MAX_AHEAD) {
            log.put(slot, in.rest());
        }
        if (slot == next) {
            executeChosen();
        } else {
            catchUp.noticeHole();
        }
    }

    private void sendChosenWatermark() {
        for (int i = 0; i < leaders.length; i++) {
            Writer out = leaders[i].begin(Messages.CHOSEN_WATERMARK);
            out.varint(index);
            out.varint(next);
            leaders[i].end();
        }
    }

    /** Executes all values from the next slot on, up to the first slot that has none. */
    private void executeChosen() {
        long before = next;
        for (byte[] value = log.get(next); value != null; value = log.get(next)) {
            execute(next, value);
            next++;
            if (next % watermarkEveryN == 0) {
                sendChosenWatermark();
            }
        }
        watermarks.executed(before);
        catchUp.madeProgress();
        reads.executeDeferred();
    }

    private void execute(long slot, byte[] value) {
        boolean answers = slot % replicaCount == index;
        Reader in = values.set(value, 0, value.length);
        for (int left = in.smallVarint(); left > 0; left--) {
            long client = in.varint();
            int pseudonym = in.smallVarint();
            long id = in.varint();
            int length = in.blobLength();
            byte[] result = execute(client, pseudonym, id, in, length);
            in.skip(length);
            if (answers && result != null) {
                replies.add(false, client, pseudonym, id, slot, result);
            }
        }
        replies.endBatch();
    }

    /** The result of a command, from the client table if it has been executed before; null if a later one has been executed. */
    private byte[] execute(long client, int pseudonym, long id, Reader in, int length) {
        if (!useClientTable) {
            return stateMachine.run(in.bytes, in.at, length);
        }
        ClientTable.Entry entry = clientTable.entry(client, pseudonym);
        if (id < entry.id) {
            return null;
        }
        if (id > entry.id) {
            entry.result = stateMachine.run(in.bytes, in.at, length);
            entry.id = id;
        }
        return entry.result;
    }

    /** Writes the whole state, for a replica that is far behind. */
    void save(Writer to) {
        to.varint(next);
        clientTable.save(to);
        stateMachine.save(to);
    }

    /** Replaces the state with that of another replica, and goes on from there. */
    void load(Reader from) {
        next = from.varint();
        clientTable.load(from);
        stateMachine.load(from);
        watermarks.forgetAll();
        log.removeBelow(next);
        executeChosen();
    }

    @Override
    protected void peerDown(Connection peer) {
        replies.forget(peer);
    }
}
