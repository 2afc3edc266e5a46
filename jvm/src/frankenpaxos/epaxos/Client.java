// The client: proposes to the replicas in turn, and to another one when an answer is overdue.
package frankenpaxos.epaxos;

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
import fpray.runtime.Writer;

public final class Client extends SessionClient<ClientSession> {
    /** Makes the client from a command line. */
    public static final class Factory implements ClientFactory {
        @Override
        public void addFlags(Flags flags) {
            flags.required("--config", FlagType.FILE).optional("--options.reproposePeriod", FlagType.DURATION, "10s");
        }

        @Override
        public Client client(Flags flags, EventLoop loop, long address) {
            return new Client(loop, Config.load(flags), address, flags.nanos("--options.reproposePeriod"));
        }
    }

    private final EventLoop loop;
    private final Connection[] replicas;
    private final Rotation rotation;
    private final long reproposePeriod;
    // Not the address alone: a client that is started again at the same address is another client.
    private final long name;

    private Client(EventLoop loop, Config config, long address, long reproposePeriod) {
        super("epaxos_client", Messages.NAMES);
        this.loop = loop;
        this.replicas = loop.connect(config.replicas, this);
        this.rotation = new Rotation(loop);
        this.reproposePeriod = reproposePeriod;
        this.name = UtcTime.epochNanos() ^ Long.rotateLeft(address * 0x9E3779B97F4A7C15L, 32);
    }

    @Override
    protected ClientSession session(int pseudonym, Caller caller) {
        return new ClientSession(loop, this, pseudonym, caller);
    }

    /** Sends the session's command to the replica that is next this turn. */
    void propose(ClientSession session) {
        send(session, rotation.of(replicas));
    }

    /** Sends the session's command to another replica. */
    void proposeToNext(ClientSession session) {
        send(session, rotation.next(replicas));
    }

    private void send(ClientSession session, Connection to) {
        Writer out = to.begin(Messages.CLIENT_REQUEST);
        out.i64(name);
        out.varint(session.pseudonym);
        out.varint(session.id);
        out.blob(session.command.bytes, 0, session.command.end);
        to.end();
        session.expectAnswer(reproposePeriod);
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type != Messages.CLIENT_REPLY) {
            throw unexpected(type);
        }
        ClientSession session = find(in.smallVarint());
        if (session != null) {
            session.finish(in.varint(), in.blob());
        }
    }
}
