// One pseudonym of a client, with at most one operation in flight.
package fpray.client;

import fpray.runtime.Writer;

public abstract class Session {
    public final int pseudonym;
    /** The operation. The caller writes it before read() or write(); it stays here, to be sent again when no answer comes. */
    public final Writer command = new Writer(64);
    private final Caller caller;

    protected Session(int pseudonym, Caller caller) {
        this.pseudonym = pseudonym;
        this.caller = caller;
    }

    /** Sends the command, which changes nothing. */
    public abstract void read();

    /** Sends the command, which is ordered with all other writes. */
    public abstract void write();

    /** Hands the result of the operation to the caller. */
    protected final void answered(byte[] result) {
        caller.answered(result);
    }
}
