// One client pseudonym: one command in flight, numbered from 0 without a gap.
package frankenpaxos.epaxos;

import fpray.runtime.Timer;
import fpray.runtime.Writer;

public abstract class Session {
    public final int pseudonym;
    /** The command; filled by whoever begins it, and kept for sending it again. */
    public final Writer command = new Writer(64);

    boolean isWaiting;
    long id = -1;
    Timer repropose;

    protected Session(int pseudonym) {
        this.pseudonym = pseudonym;
    }

    /** The command's result. */
    protected abstract void answered(byte[] result);
}
