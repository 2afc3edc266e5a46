// How the client reads. A linearizable read asks acceptors for the largest slot that it must see, unless a read batcher does that;
// then a replica executes the read.
package frankenpaxos.multipaxos;

import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.FlushEvery;
import fpray.runtime.Reader;
import fpray.runtime.Rotation;
import fpray.runtime.Writer;

final class ClientReads {
    private final long address;
    private final ClientOptions options;
    private final boolean hasReadBatchers;
    /** The read batchers, or the replicas if there are none. */
    private final Connection[] peers;
    private final Rotation rotation;
    private final Quorums quorums;
    private final Connection[] asked;
    private final FlushEvery requests;

    ClientReads(EventLoop loop, Config config, Client client, long address, ClientOptions options) {
        this.address = address;
        this.options = options;
        this.hasReadBatchers = config.readBatchers.length > 0;
        this.peers = loop.connect(hasReadBatchers ? config.readBatchers : config.replicas, client);
        this.rotation = new Rotation(loop);
        this.quorums = new Quorums(config, loop, client);
        this.asked = new Connection[quorums.acceptorCount()];
        this.requests = new FlushEvery(options.flushReadsEveryN);
    }

    void start(ClientSession session) {
        if (options.readConsistency.equals("eventual")) {
            startReading(session, Messages.EVENTUAL_READ_REQUEST, -1, options.resendEventualReadRequestPeriod);
        } else if (options.readConsistency.equals("sequential")) {
            startReading(session, Messages.SEQUENTIAL_READ_REQUEST, session.largestSlot, options.resendSequentialReadRequestPeriod);
        } else if (hasReadBatchers) {
            startReading(session, Messages.READ_REQUEST, -1, options.resendReadRequestPeriod);
        } else {
            session.state = ClientSession.ASKING_MAX_SLOT;
            askAcceptors(session, false);
        }
    }

    /** Sends the read to a read batcher, or to a replica, which waits for the slot. */
    private void startReading(ClientSession session, int readType, long slot, long resendPeriod) {
        session.state = ClientSession.READING;
        session.readType = readType;
        session.readSlot = slot;
        session.resendPeriod = resendPeriod;
        send(session, rotation.of(peers));
    }

    private void send(ClientSession session, Connection to) {
        Writer out = to.begin(session.readType);
        out.varintFromMinusOne(session.readSlot);
        Messages.command(out, address, session.pseudonym, session.id, session.command.bytes, session.command.end);
        requests.end(to);
        session.expectAnswer(session.resendPeriod);
    }

    private void askAcceptors(ClientSession session, boolean all) {
        session.group = quorums.nextReadGroup();
        session.answered = 0;
        session.maxSlot = -1;
        int count = all ? quorums.allForRead(session.group, asked) : quorums.readQuorum(session.group, asked);
        for (int i = 0; i < count; i++) {
            Writer out = asked[i].begin(Messages.MAX_SLOT_REQUEST);
            out.varint(session.pseudonym);
            out.varint(session.id);
            requests.end(asked[i]);
        }
        session.expectAnswer(options.resendMaxSlotRequestsPeriod);
    }

    void handleMaxSlotReply(ClientSession session, Reader in) {
        int group = in.smallVarint();
        int index = in.smallVarint();
        if (session.state != ClientSession.ASKING_MAX_SLOT || session.group != group) {
            return;
        }
        session.answered |= 1L << index;
        session.maxSlot = Math.max(session.maxSlot, in.varintFromMinusOne());
        if (quorums.isReadQuorum(session.answered)) {
            long slot = quorums.readSlot(group, session.maxSlot, options.unsafeReadAtFirstSlot, options.unsafeReadAtI);
            startReading(session, Messages.READ_REQUEST, slot, options.resendReadRequestPeriod);
        }
    }

    /** An answer is overdue: asks all acceptors of a group, or another read batcher or replica. */
    void sendAgain(ClientSession session) {
        if (session.state == ClientSession.ASKING_MAX_SLOT) {
            askAcceptors(session, true);
        } else {
            send(session, rotation.next(peers));
        }
    }

    void flush() {
        requests.flush();
    }
}
