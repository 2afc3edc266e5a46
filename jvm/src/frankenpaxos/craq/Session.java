// One client pseudonym: at most one operation in flight.
package frankenpaxos.craq;

import fpray.runtime.Timer;
import fpray.runtime.Writer;

public abstract class Session {
    static final int IDLE = 0;
    static final int WRITING = 1;
    static final int READING = 2;

    public final int pseudonym;
    /** The operation; filled by whoever begins it, and kept for sending it again. */
    public final Writer command = new Writer(64);

    int state = IDLE;
    long id;
    Timer resend;

    protected Session(int pseudonym) {
        this.pseudonym = pseudonym;
    }

    /** The operation's result. */
    protected abstract void answered(byte[] result);
}
