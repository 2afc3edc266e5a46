// One session of the client, and how far its operation has come.
package frankenpaxos.multipaxos;

import fpray.client.Caller;
import fpray.client.Session;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Timer;

final class ClientSession extends Session {
    static final int IDLE = 0;
    static final int WRITING = 1;
    static final int ASKING_MAX_SLOT = 2;
    static final int READING = 3;

    private final Client client;
    final Timer resend;
    int state = IDLE;
    long id;
    // How a read was sent, in case it must be sent again.
    int readType;
    long readSlot;
    long resendPeriod;
    // The largest slot that this session has seen the effects of.
    long largestSlot = -1;
    // The group of acceptors that was asked for its largest slot, and its answers.
    int group;
    long answered;
    long maxSlot;

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

    /** The command is executed with the consistency of the options. */
    @Override
    public void read() {
        client.read(this);
    }

    /** The command is executed in the log. */
    @Override
    public void write() {
        client.write(this);
    }

    private void sendAgain() {
        client.sendAgain(this);
    }

    void handleReply(long slot, Reader in) {
        if (state != IDLE) {
            state = IDLE;
            resend.stop();
            largestSlot = Math.max(largestSlot, slot);
            answered(in.blob());
        }
    }
}
