// Records a history of craq.
package fpray.reference;

import fpray.cli.Flags;
import fpray.runtime.Address;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Writer;
import frankenpaxos.craq.Client;
import frankenpaxos.craq.ClientOptions;
import frankenpaxos.craq.Session;
import java.io.IOException;

public final class CraqHistoryMain {
    private CraqHistoryMain() {}

    public static void main(String[] arguments) throws IOException {
        Flags flags = ClientOptions.flags(History.flags("fpray.reference.CraqHistoryMain")).parse(arguments);
        Log.setLevel(flags.string("--log_level"));
        EventLoop loop = new EventLoop();
        long address = Address.of(flags.string("--host"), flags.integer("--port"));
        final Client client = new Client(loop, flags.string("--config"), address, new ClientOptions(flags));
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
                        client.read(session);
                    }

                    @Override
                    public void write() {
                        client.write(session);
                    }
                };
            }
        });
    }
}
