// One session of the client.
package frankenpaxos.craq;

import fpray.client.Caller;
import fpray.client.ResendingSession;
import fpray.runtime.EventLoop;

final class ClientSession extends ResendingSession {
    static final int WRITING = 1;
    static final int READING = 2;

    private final Client client;

    ClientSession(EventLoop loop, Client client, int pseudonym, Caller caller) {
        super(loop, pseudonym, caller);
        this.client = client;
    }

    /** The command, a get of one key, is answered by one node. */
    @Override
    public void read() {
        client.start(this, READING);
    }

    /** The command, a set of one key, is executed by the whole chain. */
    @Override
    public void write() {
        client.start(this, WRITING);
    }

    @Override
    protected void sendAgain() {
        client.sendAgain(this);
    }
}
