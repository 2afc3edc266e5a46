// One session of the client. Its commands are numbered from 0 without a gap.
package frankenpaxos.epaxos;

import fpray.client.Caller;
import fpray.client.Session;
import fpray.runtime.EventLoop;
import fpray.runtime.Timer;

final class ClientSession extends Session {
    private final Client client;
    private final Timer repropose;
    private boolean isWaiting;
    private long id = -1;

    ClientSession(EventLoop loop, Client client, int pseudonym, Caller caller) {
        super(pseudonym, caller);
        this.client = client;
        this.repropose = new Timer(loop) {
            @Override
            protected void fire() {
                proposeAgain();
            }
        };
    }

    /** Reads are ordered like writes: EPaxos treats them alike. */
    @Override
    public void read() {
        write();
    }

    @Override
    public void write() {
        id++;
        isWaiting = true;
        client.propose(this, id);
        repropose.start(client.reproposePeriod());
    }

    private void proposeAgain() {
        client.proposeToNext(this, id);
        repropose.start(client.reproposePeriod());
    }

    void handleReply(long answeredId, byte[] result) {
        if (isWaiting && answeredId == id) {
            isWaiting = false;
            repropose.stop();
            answered(result);
        }
    }
}
