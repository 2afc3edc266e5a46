// The client: sends to batchers in turn, and gets its answers from proxy servers. Nothing is ever sent again, as in unreplicated.
package frankenpaxos.batchedunreplicated;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.client.Caller;
import fpray.client.ClientFactory;
import fpray.client.Session;
import fpray.client.SessionClient;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Rotation;

public final class Client extends SessionClient<Client.ClientSession> {
    /** Makes the client from a command line. */
    public static final class Factory implements ClientFactory {
        @Override
        public void addFlags(Flags flags) {
            flags.required("--config", FlagType.FILE);
        }

        @Override
        public Client client(Flags flags, EventLoop loop, long address) {
            return new Client(loop, Config.load(flags), address);
        }
    }

    final class ClientSession extends Session {
        private long number;

        ClientSession(int pseudonym, Caller caller) {
            super(pseudonym, caller);
        }

        @Override
        public void read() {
            write();
        }

        @Override
        public void write() {
            Connection batcher = rotation.of(batchers);
            Messages.request(batcher.begin(Messages.CLIENT_REQUEST), address, pseudonym, ++number, command);
            batcher.end();
        }

        void handleReply(long answeredNumber, Reader in) {
            // A reply to an earlier client at this address has another number.
            if (answeredNumber == number) {
                answered(in.blob());
            }
        }
    }

    private final long address;
    private final Connection[] batchers;
    private final Rotation rotation;

    private Client(EventLoop loop, Config config, long address) {
        super("batchedunreplicated_client", Messages.NAMES);
        this.address = address;
        this.batchers = loop.connect(config.batchers, this);
        this.rotation = new Rotation(loop);
    }

    @Override
    protected ClientSession session(int pseudonym, Caller caller) {
        return new ClientSession(pseudonym, caller);
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type != Messages.CLIENT_REPLY) {
            throw unexpected(type);
        }
        ClientSession session = find(in.smallVarint());
        if (session != null) {
            session.handleReply(in.varint(), in);
        }
    }
}
