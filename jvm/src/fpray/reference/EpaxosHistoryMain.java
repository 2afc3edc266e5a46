// Records a history of epaxos.
package fpray.reference;

import fpray.cli.Flags;
import fpray.runtime.Address;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Writer;
import frankenpaxos.epaxos.Client;
import frankenpaxos.epaxos.Session;
import java.io.IOException;

public final class EpaxosHistoryMain {
    private EpaxosHistoryMain() {}

    public static void main(String[] arguments) throws IOException {
        Flags flags = Client.flags(History.flags("fpray.reference.EpaxosHistoryMain")).parse(arguments);
        Log.setLevel(flags.string("--log_level"));
        EventLoop loop = new EventLoop();
        long address = Address.of(flags.string("--host"), flags.integer("--port"));
        final Client client = new Client(loop, flags.string("--config"), address, flags);
        loop.listen(address, client);
        History.record(flags, loop, new History.Sessions() {
            @Override
            public History.Session session(int index, final History.Process process) {
                final Session session = new Session(index) {
                    @Override
                    protected void answered(byte[] result) {
                        process.answered(result);
                    }
                };
                client.add(session);
                return new History.Session() {
                    @Override
                    public Writer command() {
                        return session.command;
                    }

                    @Override
                    public void read() {
                        client.propose(session);
                    }

                    @Override
                    public void write() {
                        client.propose(session);
                    }
                };
            }
        });
    }
}
