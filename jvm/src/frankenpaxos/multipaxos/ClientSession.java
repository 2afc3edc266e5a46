// One session of the client, and how far its operation has come.
package frankenpaxos.multipaxos;

import fpray.client.Caller;
import fpray.client.ResendingSession;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;

final class ClientSession extends ResendingSession {
    static final int WRITING = 1;
    static final int ASKING_MAX_SLOT = 2;
    static final int READING = 3;

    private final Client client;
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
        super(loop, pseudonym, caller);
        this.client = client;
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

    @Override
    protected void sendAgain() {
        client.sendAgain(this);
    }

    void handleReply(long slot, Reader in) {
        if (state != IDLE) {
            largestSlot = Math.max(largestSlot, slot);
            finish(id, in.blob());
        }
    }
}
