// The server: executes batches in the order in which they arrive. A proxy server answers the clients.
package frankenpaxos.batchedunreplicated;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.FlushEvery;
import fpray.runtime.Reader;
import fpray.runtime.Rotation;
import fpray.runtime.Writer;
import fpray.state.StateMachine;

final class Server extends Actor {
    private final StateMachine stateMachine;
    private final Connection[] proxyServers;
    private final Rotation rotation;
    private final FlushEvery batches;
    private final Writer replies = new Writer(4096);

    Server(EventLoop loop, Config config, StateMachine stateMachine, int flushEveryN) {
        super("batchedunreplicated_server", Messages.NAMES);
        this.stateMachine = stateMachine;
        this.proxyServers = loop.connect(config.proxyServers, this);
        this.rotation = new Rotation(loop);
        this.batches = new FlushEvery(flushEveryN);
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type != Messages.CLIENT_REQUEST_BATCH) {
            throw unexpected(type);
        }
        // Collected before a message is begun: a malformed batch must not leave half a message in the connection.
        replies.clear();
        while (in.hasMore()) {
            replies.varint(in.varint());
            replies.varint(in.varint());
            replies.varint(in.varint());
            int length = in.blobLength();
            replies.blob(stateMachine.run(in.bytes, in.at, length));
            in.skip(length);
        }
        Connection to = rotation.of(proxyServers);
        to.begin(Messages.CLIENT_REPLY_BATCH).raw(replies.bytes, 0, replies.end);
        batches.end(to);
    }
}
