// One client pseudonym: at most one operation in flight, and what is known of its way.
package frankenpaxos.multipaxos;

import fpray.runtime.Timer;
import fpray.runtime.Writer;

public abstract class Session {
    static final int IDLE = 0;
    static final int WRITING = 1;
    static final int ASKING_MAX_SLOT = 2;
    static final int READING = 3;

    public final int pseudonym;
    /** The operation; filled by whoever begins it, and kept for sending it again. */
    public final Writer command = new Writer(64);

    int state = IDLE;
    long id;
    Timer resend;
    // What a read is sent as, again if need be.
    int readType;
    long readSlot;
    long resendPeriod;
    // The largest slot that this pseudonym has seen the effects of.
    long largestSlot = -1;
    // The acceptors that have told their largest slot.
    int group;
    long answered;
    long maxSlot;

    protected Session(int pseudonym) {
        this.pseudonym = pseudonym;
    }

    /** The operation's result. */
    protected abstract void answered(byte[] result);
}
