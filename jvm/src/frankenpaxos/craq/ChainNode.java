// A chain node. Writes enter at the head and go down the chain in the order of the head. The tail commits and answers them, and
// acknowledgements go up the chain. Every node answers reads (see Reads). A node keeps its copy in memory only, and a dead node stays in
// the chain.
package frankenpaxos.craq;

import fpray.runtime.Actor;
import fpray.runtime.ClientConnections;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Reader;
import fpray.runtime.Timer;
import fpray.runtime.Writer;
import fpray.state.ClientTable;
import fpray.state.KeyValueCommands;

final class ChainNode extends Actor {
    private static final long RESEND_PERIOD = 1_000_000_000L;
    private static final long RECONNECT_PERIOD = 100_000_000L;

    private final boolean measureLatencies;
    private final boolean isHead;
    // Null at the tail.
    private final Connection next;
    private final Connection tail;
    private final ClientConnections clients;
    private final Versions versions = new Versions();
    // At the head: the last write of every client, so that a write that arrives twice goes down the chain once.
    private final ClientTable table = new ClientTable();
    private final Reads reads;
    private final Timer resend;
    // Where acknowledgements go; null at the head, and before the first write.
    private Connection previous;
    private boolean owesAck;

    ChainNode(EventLoop loop, Config config, int index, boolean measureLatencies) {
        super("craq_chain_node", Messages.NAMES);
        int last = config.chainNodes.length - 1;
        this.measureLatencies = measureLatencies;
        this.isHead = index == 0;
        this.next = index == last ? null : loop.connect(config.chainNodes[index + 1], this).retryWhileSuspect();
        this.tail = index == last ? null : index + 1 == last ? next : loop.connect(config.chainNodes[last], this).retryWhileSuspect();
        this.clients = new ClientConnections(loop, this);
        this.reads = new Reads(versions, tail);
        this.resend = new Timer(loop) {
            @Override
            protected void fire() {
                sendAgain();
            }
        };
    }

    @Override
    public void timeHandlers() {
        if (measureLatencies) {
            super.timeHandlers();
        }
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        switch (type) {
            case Messages.WRITE:
                while (in.hasMore()) {
                    handleWrite(from, in.varint(), in.smallVarint(), in.varint(), in.blob());
                }
                break;
            case Messages.CHAIN_WRITE:
                handleChainWrite(from, in.varint(), in.varint(), in.smallVarint(), in.varint(), in.blob());
                break;
            case Messages.ACK:
                handleAck(in.varint());
                break;
            case Messages.READ:
                while (in.hasMore()) {
                    reads.handleRead(from, in.varint(), in.varint(), in);
                }
                break;
            case Messages.VERSION_REQUEST:
                reads.handleVersionRequest(from, in.varint(), KeyValueCommands.readString(in));
                break;
            case Messages.VERSION_REPLY:
                reads.handleVersionReply(in.varint(), in.varint());
                break;
            default:
                throw unexpected(type);
        }
    }

    private void handleWrite(Connection from, long client, int pseudonym, long id, byte[] command) {
        if (!isHead) {
            throw unexpected(Messages.WRITE);
        }
        ClientTable.Entry entry = table.entry(client, pseudonym);
        if (id > entry.id) {
            Versions.Write write = write(versions.lastVersion() + 1, client, pseudonym, id, command);
            entry.id = id;
            entry.result = null;
            take(write);
        } else if (id == entry.id && entry.result != null) {
            // The reply of the tail must have been lost.
            reply(from, pseudonym, id);
        }
    }

    private void handleChainWrite(Connection from, long version, long client, int pseudonym, long id, byte[] command) {
        previous = from;
        if (version == versions.lastVersion() + 1) {
            take(write(version, client, pseudonym, id, command));
        } else if (version <= versions.lastVersion()) {
            // The acknowledgement may have been lost. A write that arrives too early, after a loss, is sent again later.
            owesAck = true;
        }
    }

    private Versions.Write write(long version, long client, int pseudonym, long id, byte[] command) {
        Reader in = new Reader().set(command, 0, command.length);
        if (KeyValueCommands.isSingleKeyGet(in)) {
            throw new Reader.Malformed("a get where a set is expected");
        }
        Versions.Key key = versions.getOrAdd(KeyValueCommands.readString(in));
        return new Versions.Write(version, key, in.blob(), client, pseudonym, id, command);
    }

    private void take(Versions.Write write) {
        versions.add(write);
        if (next == null) {
            commitOldest();
            owesAck = true;
            reply(clients.to(write.client), write.pseudonym, write.id);
        } else {
            passOn(write);
            if (!resend.isRunning()) {
                resend.start(RESEND_PERIOD);
            }
        }
    }

    private void passOn(Versions.Write write) {
        Writer out = next.begin(Messages.CHAIN_WRITE);
        out.varint(write.version);
        out.varint(write.client);
        out.varint(write.pseudonym);
        out.varint(write.id);
        out.blob(write.command);
        next.end();
    }

    private void handleAck(long version) {
        if (versions.oldest() == null || versions.oldest().version > version) {
            return;
        }
        while (versions.oldest() != null && versions.oldest().version <= version) {
            commitOldest();
        }
        owesAck = true;
        if (versions.oldest() == null) {
            resend.stop();
        } else {
            resend.start(RESEND_PERIOD);
        }
    }

    private void commitOldest() {
        Versions.Write write = versions.commitOldest();
        if (isHead) {
            ClientTable.Entry entry = table.entry(write.client, write.pseudonym);
            if (entry.id == write.id) {
                entry.result = KeyValueCommands.SET_RESULT;
            }
        }
    }

    private static void reply(Connection to, long pseudonym, long id) {
        Writer out = to.begin(Messages.WRITE_REPLY);
        out.varint(pseudonym);
        out.varint(id);
        out.blob(KeyValueCommands.SET_RESULT);
        to.end();
    }

    /** Sends one acknowledgement for all writes that have been committed in this turn. */
    @Override
    protected void endOfTurn() {
        if (owesAck && previous != null) {
            previous.begin(Messages.ACK).varint(versions.committed());
            previous.end();
        }
        owesAck = false;
    }

    /** There was no acknowledgement for a while: a message was lost, or the connection is being made again. */
    private void sendAgain() {
        Versions.Write oldest = versions.oldest();
        if (oldest == null) {
            return;
        }
        if (Log.isDebug()) {
            Log.debug("Sends the writes from version " + oldest.version + " on again.");
        }
        for (Versions.Write write = oldest; write != null; write = write.next()) {
            passOn(write);
        }
        resend.start(RESEND_PERIOD);
    }

    @Override
    protected void peerDown(Connection peer) {
        clients.forget(peer);
        if (peer == tail) {
            reads.tailDown();
        }
        if (peer == next && versions.oldest() != null) {
            resend.start(RECONNECT_PERIOD);
        }
    }
}
