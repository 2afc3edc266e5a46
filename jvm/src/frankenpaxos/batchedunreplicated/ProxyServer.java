// A proxy server: takes batches of replies from the server, and sends each reply to its client.
package frankenpaxos.batchedunreplicated;

import fpray.runtime.Actor;
import fpray.runtime.ClientConnections;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.FlushEvery;
import fpray.runtime.Reader;

final class ProxyServer extends Actor {
    private final ClientConnections clients;
    private final FlushEvery replies;

    ProxyServer(EventLoop loop, int flushEveryN) {
        super("batchedunreplicated_proxy_server", Messages.NAMES);
        this.clients = new ClientConnections(loop, this);
        this.replies = new FlushEvery(flushEveryN);
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type != Messages.CLIENT_REPLY_BATCH) {
            throw unexpected(type);
        }
        while (in.hasMore()) {
            Connection client = clients.to(in.varint());
            int reply = in.at;
            Messages.skipReply(in);
            client.begin(Messages.CLIENT_REPLY).raw(in.bytes, reply, in.at - reply);
            replies.end(client);
        }
    }

    @Override
    protected void peerDown(Connection peer) {
        clients.forget(peer);
    }
}
