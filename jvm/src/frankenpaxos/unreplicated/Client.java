// The unreplicated client: all sessions share one connection. Nothing is ever sent again, so a lost message stops its session.
package frankenpaxos.unreplicated;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.client.Caller;
import fpray.client.ClientFactory;
import fpray.client.Session;
import fpray.client.SessionClient;
import fpray.runtime.Address;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Writer;

public final class Client extends SessionClient<Client.ClientSession> {
    /** Makes the client from a command line. */
    public static final class Factory implements ClientFactory {
        @Override
        public void addFlags(Flags flags) {
            flags.required("--server_host", FlagType.STRING).required("--server_port", FlagType.INT);
        }

        @Override
        public Client client(Flags flags, EventLoop loop, long address) {
            return new Client(loop, Address.of(flags.string("--server_host"), flags.integer("--server_port")));
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
            Writer out = server.begin(Messages.CLIENT_REQUEST);
            out.varint(pseudonym);
            out.varint(++number);
            out.blob(command.bytes, 0, command.end);
            server.end();
        }

        void handleReply(long answeredNumber, Reader in) {
            if (answeredNumber == number) {
                answered(in.blob());
            }
        }
    }

    private final Connection server;

    private Client(EventLoop loop, long server) {
        super("unreplicated_client", Messages.NAMES);
        this.server = loop.connect(server, this);
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
