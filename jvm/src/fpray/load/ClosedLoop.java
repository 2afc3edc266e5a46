// One closed loop of a client: its next request leaves when the previous one has been answered.
package fpray.load;

public abstract class ClosedLoop {
    Object phase;
    long start;

    /** Sends the loop's next request. */
    protected abstract void send();

    /** Recorder.READ or Recorder.WRITE: what the request in flight is. */
    protected abstract int label();
}
