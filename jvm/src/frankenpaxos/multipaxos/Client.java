// The client: hands operations to ClientWrites and ClientReads, and answers to the sessions.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.client.Caller;
import fpray.client.ClientFactory;
import fpray.client.SessionClient;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.UtcTime;

public final class Client extends SessionClient<ClientSession> {
    /** Makes the client from a command line. */
    public static final class Factory implements ClientFactory {
        @Override
        public void addFlags(Flags flags) {
            ClientOptions.addFlags(flags.required("--config", FlagType.FILE));
        }

        @Override
        public Client client(Flags flags, EventLoop loop, long address) {
            return new Client(loop, Config.load(flags), address, new ClientOptions(flags));
        }
    }

    private final EventLoop loop;
    private final ClientWrites writes;
    private final ClientReads reads;
    // Ids begin at the clock's time, so that the ids of a client that is started again at the same address are new.
    private long nextId = UtcTime.epochNanos() / 1000;

    private Client(EventLoop loop, Config config, long address, ClientOptions options) {
        super("multipaxos_client", Messages.NAMES);
        this.loop = loop;
        this.writes = new ClientWrites(loop, config, this, address, options);
        this.reads = new ClientReads(loop, config, this, address, options);
    }

    @Override
    protected ClientSession session(int pseudonym, Caller caller) {
        return new ClientSession(loop, this, pseudonym, caller);
    }

    /** The first session from that pseudonym on that waits for a write; null if there is none. */
    ClientSession nextWriting(int pseudonym) {
        for (int i = pseudonym; i < count(); i++) {
            if (find(i).state == ClientSession.WRITING) {
                return find(i);
            }
        }
        return null;
    }

    void write(ClientSession session) {
        session.id = nextId++;
        writes.start(session);
    }

    void read(ClientSession session) {
        session.id = nextId++;
        reads.start(session);
    }

    /** An answer is overdue. */
    void sendAgain(ClientSession session) {
        if (session.state == ClientSession.WRITING) {
            writes.sendAgain(session);
        } else {
            reads.sendAgain(session);
        }
        // Requests that wait to be flushed with others are sent too: if all sessions wait, nothing else would flush them.
        writes.flush();
        reads.flush();
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        switch (type) {
            case Messages.CLIENT_REPLY:
            case Messages.READ_REPLY:
                ClientSession answered = session(in);
                if (answered != null) {
                    answered.handleReply(in.varintFromMinusOne(), in);
                }
                break;
            case Messages.MAX_SLOT_REPLY:
                ClientSession asking = session(in);
                if (asking != null) {
                    reads.handleMaxSlotReply(asking, in);
                }
                break;
            case Messages.NOT_LEADER_CLIENT:
                writes.leader().refused();
                break;
            case Messages.LEADER_INFO_REPLY:
                writes.leader().handleLeaderInfo(in.varint());
                break;
            default:
                throw unexpected(type);
        }
    }

    /** The session of an answer; null if the answered operation is not in flight any more. */
    private ClientSession session(Reader in) {
        ClientSession session = find(in.smallVarint());
        return session != null && session.id == in.varint() ? session : null;
    }

    @Override
    protected void peerDown(Connection peer) {
        if (writes.leader().isLeader(peer)) {
            writes.leader().broken();
        }
    }
}
