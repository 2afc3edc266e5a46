// A session that sends its operation again when the answer is overdue.
package fpray.client;

import fpray.runtime.EventLoop;
import fpray.runtime.Timer;

public abstract class ResendingSession extends Session {
    /** Nothing is in flight. Each protocol numbers its other states from 1. */
    public static final int IDLE = 0;

    public int state = IDLE;
    /** The number of the operation in flight, or of the last one. */
    public long id;
    private final Timer resend;

    protected ResendingSession(EventLoop loop, int pseudonym, Caller caller) {
        super(pseudonym, caller);
        this.resend = new Timer(loop) {
            @Override
            protected void fire() {
                sendAgain();
            }
        };
    }

    /** Sends the operation in flight again. */
    protected abstract void sendAgain();

    /** The operation has been sent: without an answer, it is sent again after this number of nanoseconds. */
    public final void expectAnswer(long nanos) {
        resend.start(nanos);
    }

    /** An operation has been answered: hands the result to the caller, if this operation is still in flight. */
    public final void finish(long answeredId, byte[] result) {
        if (answeredId == id && state != IDLE) {
            state = IDLE;
            resend.stop();
            answered(result);
        }
    }
}
