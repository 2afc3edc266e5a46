// One session of the client, and what it has in flight.
package frankenpaxos.craq;

import fpray.client.Caller;
import fpray.client.Session;
import fpray.runtime.EventLoop;
import fpray.runtime.Timer;

final class ClientSession extends Session {
    static final int IDLE = 0;
    static final int WRITING = 1;
    static final int READING = 2;

    private final Client client;
    final Timer resend;
    int state = IDLE;
    long id;

    ClientSession(EventLoop loop, Client client, int pseudonym, Caller caller) {
        super(pseudonym, caller);
        this.client = client;
        this.resend = new Timer(loop) {
            @Override
            protected void fire() {
                sendAgain();
            }
        };
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

    private void sendAgain() {
        if (state != IDLE) {
            client.sendAgain(this);
        }
    }

    void handleReply(long answeredId, byte[] result) {
        if (answeredId == id && state != IDLE) {
            state = IDLE;
            resend.stop();
            answered(result);
        }
    }
}
