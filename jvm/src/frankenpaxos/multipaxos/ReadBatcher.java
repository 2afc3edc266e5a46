// A read batcher: collects the reads of clients, by consistency. A linearizable batch first asks acceptors for its slot.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Rotation;
import fpray.runtime.Timer;
import fpray.runtime.Writer;

final class ReadBatcher extends Actor {
    /** After this time without a quorum, all acceptors of another group are asked. */
    private static final long RETRY_NANOS = 500_000_000L;

    /** The reads of one consistency that wait for their batch to be complete. */
    private final class Collecting extends Timer {
        final int batchType;
        final Writer commands = new Writer(1024);
        long slot = -1;
        int count;

        Collecting(int batchType) {
            super(loop);
            this.batchType = batchType;
        }

        void add(long readSlot, Reader in) {
            slot = Math.max(slot, readSlot);
            Messages.copyRest(commands, in);
            if (++count == 1 && !scheme.adaptive) {
                start(scheme.nanos);
            }
            if (count >= scheme.size) {
                complete();
            }
        }

        @Override
        protected void fire() {
            complete();
        }

        void complete() {
            stop();
            if (count == 0) {
                return;
            }
            if (batchType == Messages.READ_REQUEST_BATCH) {
                askAcceptors(commands.toBytes());
            } else {
                sendToReplica(batchType, slot, commands.bytes, commands.end);
            }
            commands.clear();
            count = 0;
            slot = -1;
        }
    }

    /** A linearizable batch that waits for the largest slots of acceptors. */
    private static final class Asking {
        byte[] commands;
        int group;
        long answered;
        long maxSlot = -1;
        long sent;
    }

    private final EventLoop loop;
    private final ReadBatching scheme;
    private final boolean atFirstSlot;
    private final boolean atI;
    private final Quorums quorums;
    private final Connection[] replicas;
    private final Connection[] asked;
    private final Collecting linearizable;
    private final Collecting sequential;
    private final Collecting eventual;
    // By batch number.
    private final SlotWindow<Asking> asking = new SlotWindow<Asking>(64);
    private final Rotation rotation;
    private final Timer retry;
    private long batches;

    ReadBatcher(EventLoop loop, Config config, ReadBatching scheme, boolean atFirstSlot, boolean atI) {
        super("multipaxos_read_batcher", Messages.NAMES);
        this.loop = loop;
        this.scheme = scheme;
        this.atFirstSlot = atFirstSlot;
        this.atI = atI;
        this.quorums = new Quorums(config, loop, this);
        this.replicas = loop.connect(config.replicas, this);
        this.asked = new Connection[quorums.acceptorCount()];
        this.rotation = new Rotation(loop);
        this.linearizable = new Collecting(Messages.READ_REQUEST_BATCH);
        this.sequential = new Collecting(Messages.SEQUENTIAL_READ_REQUEST_BATCH);
        this.eventual = new Collecting(Messages.EVENTUAL_READ_REQUEST_BATCH);
        this.retry = new Timer(loop) {
            @Override
            protected void fire() {
                retryAsking();
            }
        };
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        switch (type) {
            case Messages.READ_REQUEST:
                linearizable.add(in.varintFromMinusOne(), in);
                break;
            case Messages.SEQUENTIAL_READ_REQUEST:
                sequential.add(in.varintFromMinusOne(), in);
                break;
            case Messages.EVENTUAL_READ_REQUEST:
                eventual.add(in.varintFromMinusOne(), in);
                break;
            case Messages.MAX_SLOT_REPLY:
                handleMaxSlotReply(in.varint(), in);
                break;
            default:
                throw unexpected(type);
        }
    }

    /** An adaptive batch is complete when no other batch asks acceptors. Weaker reads do not ask: their batch ends with the turn. */
    @Override
    protected void endOfTurn() {
        if (scheme.adaptive) {
            if (asking.count() == 0) {
                linearizable.complete();
            }
            sequential.complete();
            eventual.complete();
        }
    }

    private void askAcceptors(byte[] commands) {
        Asking batch = new Asking();
        batch.commands = commands;
        batch.group = quorums.nextReadGroup();
        batch.sent = loop.now();
        long number = batches++;
        asking.put(number, batch);
        sendMaxSlotRequests(number, quorums.readQuorum(batch.group, asked));
        if (!retry.isRunning()) {
            retry.start(RETRY_NANOS);
        }
    }

    private void sendMaxSlotRequests(long number, int count) {
        for (int i = 0; i < count; i++) {
            Writer out = asked[i].begin(Messages.MAX_SLOT_REQUEST);
            out.varint(number);
            out.varint(0);
            asked[i].end();
        }
    }

    private void handleMaxSlotReply(long number, Reader in) {
        in.varint();
        int group = in.smallVarint();
        int index = in.smallVarint();
        Asking batch = asking.get(number);
        if (batch == null || batch.group != group) {
            return;
        }
        batch.answered |= 1L << index;
        batch.maxSlot = Math.max(batch.maxSlot, in.varintFromMinusOne());
        if (quorums.isReadQuorum(batch.answered)) {
            asking.remove(number);
            sendToReplica(Messages.READ_REQUEST_BATCH, quorums.readSlot(group, batch.maxSlot, atFirstSlot, atI), batch.commands, batch.commands.length);
        }
    }

    private void sendToReplica(int batchType, long slot, byte[] commands, int length) {
        Connection replica = rotation.of(replicas);
        Writer out = replica.begin(batchType);
        out.varintFromMinusOne(slot);
        out.raw(commands, 0, length);
        replica.end();
    }

    private void retryAsking() {
        if (asking.count() == 0) {
            return;
        }
        for (long number = asking.low(); number < asking.high(); number++) {
            Asking batch = asking.get(number);
            if (batch != null && loop.now() - batch.sent >= RETRY_NANOS) {
                batch.sent = loop.now();
                batch.group = quorums.nextReadGroup();
                batch.answered = 0;
                batch.maxSlot = -1;
                sendMaxSlotRequests(number, quorums.allForRead(batch.group, asked));
            }
        }
        retry.start(RETRY_NANOS);
    }
}
