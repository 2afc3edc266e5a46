// One session of the client. Its commands are numbered from 0 without a gap.
package frankenpaxos.epaxos;

import fpray.client.Caller;
import fpray.client.ResendingSession;
import fpray.runtime.EventLoop;

final class ClientSession extends ResendingSession {
    private static final int WAITING = 1;

    private final Client client;

    ClientSession(EventLoop loop, Client client, int pseudonym, Caller caller) {
        super(loop, pseudonym, caller);
        this.client = client;
        id = -1;
    }

    /** Reads are ordered like writes: EPaxos treats them alike. */
    @Override
    public void read() {
        write();
    }

    @Override
    public void write() {
        id++;
        state = WAITING;
        client.propose(this);
    }

    @Override
    protected void sendAgain() {
        client.proposeToNext(this);
    }
}
