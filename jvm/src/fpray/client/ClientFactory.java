// Makes the client of one protocol from a command line: for benchmarks (fpray.load) and for histories (fpray.history).
package fpray.client;

import fpray.cli.Flags;
import fpray.runtime.EventLoop;

public interface ClientFactory {
    /** Adds the protocol's own flags: where its servers are, and the options of its client. */
    void addFlags(Flags flags);

    /** Makes a client that sends from the address. Ends the process if the config file cannot be used. */
    SessionClient<?> client(Flags flags, EventLoop loop, long address);
}
