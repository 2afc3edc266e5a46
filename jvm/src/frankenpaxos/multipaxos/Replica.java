// A replica: executes chosen values in the order of their slots, answers its share of them, and reads.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Reader;
import fpray.runtime.Timer;
import fpray.runtime.Writer;
import fpray.state.ClientTable;
import fpray.state.StateMachine;

final class Replica extends Actor {
    /** Chosen values further ahead are not kept: a replica that far behind gets them again when it has caught up. */
    private static final long MAX_AHEAD = 200_000;
    private static final long FILL_NANOS = 1_000_000L;
    private static final long MAX_FILL_NANOS = 256_000_000L;

    private final EventLoop loop;
    private final int index;
    private final StateMachine stateMachine;
    private final boolean useClientTable;
    private final int watermarkEveryN;
    private final int replicaCount;
    private final Connection[] leaders;
    private final Replies replies;
    private final ClientTable clientTable = new ClientTable();
    private final DeferredReads deferred = new DeferredReads();
    private final CatchUp catchUp;
    private final SlotWindow<byte[]> log;
    private final Reader values = new Reader();
    private final Timer fill;
    private long fillPeriod;
    private long nextAtFill;
    private long lastExecuted;
    // All slots below have been executed.
    private long next;

    Replica(EventLoop loop, Config config, int index, StateMachine stateMachine, ReplicaOptions options) {
        super("multipaxos_replica", Messages.NAMES);
        this.loop = loop;
        this.index = index;
        this.stateMachine = stateMachine;
        this.useClientTable = !options.unsafeDontUseClientTable;
        this.watermarkEveryN = Math.max(1, options.sendChosenWatermarkEveryNEntries);
        this.replicaCount = config.replicas.length;
        this.leaders = loop.connect(config.leaders, this);
        this.replies = new Replies(loop, config, index, this);
        this.log = new SlotWindow<byte[]>(options.logGrowSize);
        this.catchUp = new CatchUp(loop, config, index, this, leaders, options);
        this.fill = new Timer(loop) {
            @Override
            protected void fire() {
                askToFill();
            }
        };
    }

    long next() {
        return next;
    }

    SlotWindow<byte[]> log() {
        return log;
    }

    // Messages --------------------------------------------------------------------------------------------------

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
                handleRead(in.varintFromMinusOne(), in);
                break;
            case Messages.EVENTUAL_READ_REQUEST:
            case Messages.EVENTUAL_READ_REQUEST_BATCH:
                in.varint();
                executeReads(in);
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
                catchUp.handleSnapshot(in.varint(), in.smallVarint(), in.smallVarint(), in);
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

    // Executing -------------------------------------------------------------------------------------------------

    /** Executes what is chosen without a hole from the next slot on. */
    private void executeChosen() {
        long before = next;
        for (byte[] value = log.get(next); value != null; value = log.get(next)) {
            execute(next, value);
            next++;
            if (next % watermarkEveryN == 0) {
                sendChosenWatermark();
            }
        }
        lastExecuted = loop.now();
        catchUp.executed(before);
        for (byte[] reads = deferred.takeBelow(next); reads != null; reads = deferred.takeBelow(next)) {
            executeReads(values.set(reads, 0, reads.length));
        }
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

    /** The result of a command, from the client table if it has been executed before; null if a later one has. */
    private byte[] execute(long client, int pseudonym, long id, Reader in, int length) {
        if (!useClientTable) {
            return run(in, length);
        }
        ClientTable.Entry entry = clientTable.entry(client, pseudonym);
        if (id < entry.id) {
            return null;
        }
        if (id > entry.id) {
            entry.result = run(in, length);
            entry.id = id;
        }
        return entry.result;
    }

    private byte[] run(Reader in, int length) {
        try {
            return stateMachine.run(in.bytes, in.at, length);
        } catch (IllegalArgumentException e) {
            throw Log.fatal(e.getMessage());
        }
    }

    // Reads -----------------------------------------------------------------------------------------------------

    private void handleRead(long slot, Reader in) {
        if (slot < next) {
            executeReads(in);
            return;
        }
        deferred.add(slot, in.rest());
        if (!fill.isRunning()) {
            boolean isQuiet = loop.now() - lastExecuted > FILL_NANOS;
            nextAtFill = next;
            fillPeriod = FILL_NANOS;
            fill.start(isQuiet ? 0 : FILL_NANOS);
        }
    }

    private void executeReads(Reader in) {
        while (in.hasMore()) {
            long client = in.varint();
            long pseudonym = in.varint();
            long id = in.varint();
            int length = in.blobLength();
            byte[] result;
            try {
                result = stateMachine.read(in.bytes, in.at, length);
            } catch (IllegalArgumentException e) {
                throw Log.fatal(e.getMessage());
            }
            in.skip(length);
            replies.add(true, client, pseudonym, id, next - 1, result);
        }
        replies.endBatch();
    }

    /** Reads wait for a slot, and nothing has been executed for a while: without further writes, only noops can fill it. */
    private void askToFill() {
        if (deferred.isEmpty()) {
            return;
        }
        if (next == nextAtFill) {
            for (int i = 0; i < leaders.length; i++) {
                leaders[i].begin(Messages.FILL).varint(deferred.lowestSlot());
                leaders[i].end();
            }
            fillPeriod = Math.min(fillPeriod * 2, MAX_FILL_NANOS);
        } else {
            fillPeriod = FILL_NANOS;
        }
        nextAtFill = next;
        fill.start(fillPeriod);
    }

    // Catching up -----------------------------------------------------------------------------------------------

    /** Writes everything that executing has made. */
    void save(Writer to) {
        to.varint(next);
        clientTable.save(to);
        stateMachine.save(to);
    }

    /** Goes on from what another replica has executed. */
    void load(Reader from) {
        next = from.varint();
        clientTable.load(from);
        stateMachine.load(from);
        log.removeBelow(next);
        executeChosen();
    }

    @Override
    protected void peerDown(Connection peer) {
        replies.forget(peer);
    }
}
