// A batcher: collects the commands of clients, and sends a full batch to the leader as one value.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Writer;
import java.util.ArrayList;

final class Batcher extends Actor {
    private static final int MAX_RETURNED = 10_000;

    private final int batchSize;
    private final LeaderFinder leader;
    private final Writer commands = new Writer(4096);
    private int count;
    // Batches that came back because their receiver does not lead.
    private final ArrayList<byte[]> returned = new ArrayList<byte[]>();

    Batcher(EventLoop loop, Config config, int batchSize) {
        super("multipaxos_batcher", Messages.NAMES);
        this.batchSize = batchSize;
        this.leader = new LeaderFinder(loop, config, this) {
            @Override
            boolean hasWork() {
                // A batcher does not know whether its clients wait, so it asks until there is a leader.
                return true;
            }

            @Override
            void leaderAnswered() {
                sendReturned();
            }
        };
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        switch (type) {
            case Messages.CLIENT_REQUEST:
                handleClientRequest(in);
                break;
            case Messages.NOT_LEADER_BATCHER:
                handleNotLeader(in.rest());
                break;
            case Messages.LEADER_INFO_REPLY:
                leader.handleLeaderInfo(in.varint());
                break;
            default:
                throw unexpected(type);
        }
    }

    private void handleClientRequest(Reader in) {
        Messages.copyRest(commands, in);
        if (++count < batchSize) {
            return;
        }
        Connection to = leader.leader();
        Writer out = to.begin(Messages.CLIENT_REQUEST_BATCH);
        out.varint(count);
        out.raw(commands.bytes, 0, commands.end);
        to.end();
        commands.clear();
        count = 0;
    }

    private void handleNotLeader(byte[] value) {
        // If a batch is dropped here, its clients send again.
        if (returned.size() < MAX_RETURNED) {
            returned.add(value);
        }
        leader.refused();
    }

    private void sendReturned() {
        Connection to = leader.leader();
        for (int i = 0; i < returned.size(); i++) {
            to.begin(Messages.CLIENT_REQUEST_BATCH).raw(returned.get(i), 0, returned.get(i).length);
            to.end();
        }
        returned.clear();
    }

    @Override
    protected void peerDown(Connection peer) {
        if (leader.isLeader(peer)) {
            leader.broken();
        }
    }
}
