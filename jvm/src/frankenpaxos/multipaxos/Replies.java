// How a replica answers: each client directly, or in batches through proxy replicas.
package frankenpaxos.multipaxos;

import fpray.runtime.ClientConnections;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Rotation;
import fpray.runtime.Writer;

final class Replies {
    private final Config config;
    private final int index;
    private final Connection[] proxyReplicas;
    private final ClientConnections clients;
    private final Rotation rotation;
    // The batch that is being written, and the proxy replica that gets it.
    private Connection batchTo;
    private Writer batch;

    Replies(EventLoop loop, Config config, int index, Replica replica) {
        this.rotation = new Rotation(loop);
        this.config = config;
        this.index = index;
        this.proxyReplicas = loop.connect(config.proxyReplicas, replica);
        this.clients = new ClientConnections(loop, replica);
    }

    /** Answers one command; its batch ends with endBatch(). */
    void add(boolean read, long client, long pseudonym, long id, long slot, byte[] result) {
        if (proxyReplicas.length == 0) {
            Connection to = clients.to(client);
            Messages.reply(to.begin(read ? Messages.READ_REPLY : Messages.CLIENT_REPLY), pseudonym, id, slot, result);
            to.end();
            return;
        }
        if (batch == null) {
            batchTo = config.colocated ? Rotation.notSuspect(proxyReplicas, index) : rotation.of(proxyReplicas);
            batch = batchTo.begin(read ? Messages.READ_REPLY_BATCH : Messages.CLIENT_REPLY_BATCH);
        }
        batch.varint(client);
        Messages.reply(batch, pseudonym, id, slot, result);
    }

    void endBatch() {
        if (batch != null) {
            batchTo.end();
            batch = null;
        }
    }

    void forget(Connection peer) {
        clients.forget(peer);
    }
}
