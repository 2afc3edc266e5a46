// A proxy replica: takes batches of replies from replicas, and sends each reply to its client.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.ClientConnections;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.FlushEvery;
import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class ProxyReplica extends Actor {
    private final ClientConnections clients;
    private final FlushEvery replies;
    private final boolean batchFlush;

    ProxyReplica(EventLoop loop, int flushEveryN, boolean batchFlush) {
        super("multipaxos_proxy_replica", Messages.NAMES);
        this.clients = new ClientConnections(loop, this);
        // With batchFlush, the replies of one batch are flushed together.
        this.replies = new FlushEvery(batchFlush ? Integer.MAX_VALUE : flushEveryN);
        this.batchFlush = batchFlush;
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        switch (type) {
            case Messages.CLIENT_REPLY_BATCH:
                handleReplyBatch(Messages.CLIENT_REPLY, in);
                break;
            case Messages.READ_REPLY_BATCH:
                handleReplyBatch(Messages.READ_REPLY, in);
                break;
            default:
                throw unexpected(type);
        }
    }

    private void handleReplyBatch(int replyType, Reader in) {
        while (in.hasMore()) {
            Connection client = clients.to(in.varint());
            int from = in.at;
            in.varint();
            in.varint();
            in.varint();
            in.skip(in.blobLength());
            client.begin(replyType).raw(in.bytes, from, in.at - from);
            replies.end(client);
        }
        if (batchFlush) {
            replies.flush();
        }
    }

    @Override
    protected void peerDown(Connection peer) {
        clients.forget(peer);
    }
}
