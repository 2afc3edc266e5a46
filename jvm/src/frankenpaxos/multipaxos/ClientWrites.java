// How the client writes: through batchers if there are any, else through the leader.
package frankenpaxos.multipaxos;

import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.FlushEvery;
import fpray.runtime.Rotation;

final class ClientWrites {
    private final Client client;
    private final long address;
    private final long resendPeriod;
    private final Connection[] batchers;
    private final Rotation rotation;
    private final FlushEvery requests;
    private final LeaderFinder leader;

    ClientWrites(EventLoop loop, Config config, final Client client, long address, ClientOptions options) {
        this.client = client;
        this.address = address;
        this.resendPeriod = options.resendClientRequestPeriod;
        this.batchers = loop.connect(config.batchers, client);
        this.rotation = new Rotation(loop);
        this.requests = new FlushEvery(options.flushWritesEveryN);
        this.leader = new LeaderFinder(loop, config, client) {
            @Override
            boolean hasWork() {
                return batchers.length == 0 && client.nextWriting(0) != null;
            }

            @Override
            void leaderAnswered() {
                sendAllAgain();
            }
        };
    }

    LeaderFinder leader() {
        return leader;
    }

    void start(ClientSession session) {
        session.state = ClientSession.WRITING;
        send(session, batchers.length == 0 ? leader.leader() : rotation.of(batchers));
    }

    private void send(ClientSession session, Connection to) {
        Messages.command(to.begin(Messages.CLIENT_REQUEST), address, session.pseudonym, session.id, session.command.bytes, session.command.end);
        requests.end(to);
        session.expectAnswer(resendPeriod);
    }

    /** An answer is overdue: sends to another batcher, or asks for the leader. */
    void sendAgain(ClientSession session) {
        if (batchers.length > 0) {
            send(session, rotation.next(batchers));
        } else {
            leader.ask();
            send(session, leader.leader());
        }
    }

    private void sendAllAgain() {
        for (ClientSession session = client.nextWriting(0); session != null; session = client.nextWriting(session.pseudonym + 1)) {
            send(session, leader.leader());
        }
        flush();
    }

    void flush() {
        requests.flush();
    }
}
