// Records a history of one protocol: HistoryMain PROTOCOL FLAGS. It ends when its standard input ends, or after --duration; then it waits
// up to --timeout for the last answers.
package fpray.history;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.client.ClientFactory;
import fpray.client.SessionClient;
import fpray.runtime.Address;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import java.io.IOException;
import java.util.Arrays;

public final class HistoryMain {
    private HistoryMain() {}

    public static void main(String[] arguments) throws IOException {
        String protocol = arguments.length == 0 ? "" : arguments[0];
        ClientFactory factory = factory(protocol);
        Flags flags = new Flags("fpray.history.HistoryMain " + protocol)
            .required("--host", FlagType.STRING)
            .required("--port", FlagType.INT)
            .required("--log_level", FlagType.LOG_LEVEL);
        factory.addFlags(flags);
        History.addFlags(flags);
        flags.parse(Arrays.copyOfRange(arguments, 1, arguments.length));
        Log.setLevel(flags.string("--log_level"));
        EventLoop loop = new EventLoop();
        long address = Address.of(flags.string("--host"), flags.integer("--port"));
        SessionClient<?> client = factory.client(flags, loop, address);
        loop.listen(address, client);
        new History(flags, loop).record(client);
        loop.run();
    }

    private static ClientFactory factory(String protocol) {
        switch (protocol) {
            case "unreplicated":
                return new frankenpaxos.unreplicated.Client.Factory();
            case "batchedunreplicated":
                return new frankenpaxos.batchedunreplicated.Client.Factory();
            case "multipaxos":
                return new frankenpaxos.multipaxos.Client.Factory();
            case "craq":
                return new frankenpaxos.craq.Client.Factory();
            case "epaxos":
                return new frankenpaxos.epaxos.Client.Factory();
            default:
                throw Log.fatal("The first argument must be a protocol of this jar, but is '" + protocol + "'.");
        }
    }
}
