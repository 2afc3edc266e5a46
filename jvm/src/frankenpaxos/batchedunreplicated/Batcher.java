// A batcher: collects the requests of clients, and sends them to the server when a batch is full. It waits for that without a limit.
package frankenpaxos.batchedunreplicated;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class Batcher extends Actor {
    private final int batchSize;
    private final Connection server;
    private final Writer requests = new Writer(4096);
    private int count;

    Batcher(EventLoop loop, Config config, int batchSize) {
        super("batchedunreplicated_batcher", Messages.NAMES);
        this.batchSize = batchSize;
        this.server = loop.connect(config.server, this);
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type != Messages.CLIENT_REQUEST) {
            throw unexpected(type);
        }
        requests.raw(in.bytes, in.at, in.limit - in.at);
        if (++count < batchSize) {
            return;
        }
        server.begin(Messages.CLIENT_REQUEST_BATCH).raw(requests.bytes, 0, requests.end);
        server.end();
        requests.clear();
        count = 0;
    }
}
