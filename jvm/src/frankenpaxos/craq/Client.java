// The client: writes to the head, reads from every node in turn, and sends again what is not answered.
package frankenpaxos.craq;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.client.Caller;
import fpray.client.ClientFactory;
import fpray.client.SessionClient;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Rotation;
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
    private final long address;
    private final ClientOptions options;
    private final Connection[] nodes;
    private final Rotation rotation;
    private final Batch writes;
    private final Batch reads;
    // Ids begin at the clock's time, so that the ids of a client that is started again at the same address are new.
    private long nextId = UtcTime.epochNanos() / 1000;

    private Client(EventLoop loop, Config config, long address, ClientOptions options) {
        super("craq_client", Messages.NAMES);
        this.loop = loop;
        this.address = address;
        this.options = options;
        this.nodes = loop.connect(config.chainNodes, this);
        this.rotation = new Rotation(loop);
        this.writes = new Batch(Messages.WRITE, options.batchSize, options.flushWritesEveryN);
        this.reads = new Batch(Messages.READ, options.batchSize, options.flushReadsEveryN);
    }

    @Override
    protected ClientSession session(int pseudonym, Caller caller) {
        return new ClientSession(loop, this, pseudonym, caller);
    }

    /** Sends the session's command for the first time. */
    void start(ClientSession session, int state) {
        session.id = nextId++;
        session.state = state;
        send(session);
    }

    private void send(ClientSession session) {
        if (session.state == ClientSession.WRITING) {
            Messages.write(writes.requests, address, session.pseudonym, session.id, session.command);
            if (writes.isFullWithOneMore()) {
                writes.send(nodes[0]);
            }
            session.expectAnswer(options.resendClientRequestPeriod);
        } else {
            Messages.read(reads.requests, session.pseudonym, session.id, session.command);
            if (reads.isFullWithOneMore()) {
                reads.send(rotation.of(nodes));
            }
            session.expectAnswer(options.resendReadRequestPeriod);
        }
    }

    /** An answer is overdue. Batches that are not full are sent too: if all sessions wait, nothing else would complete them. */
    void sendAgain(ClientSession session) {
        send(session);
        writes.send(nodes[0]);
        reads.send(rotation.next(nodes));
        writes.flush();
        reads.flush();
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type != Messages.WRITE_REPLY && type != Messages.READ_REPLY) {
            throw unexpected(type);
        }
        ClientSession session = find(in.smallVarint());
        if (session != null) {
            session.finish(in.varint(), in.blob());
        }
    }
}
