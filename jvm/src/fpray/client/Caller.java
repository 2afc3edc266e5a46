// Waits for the results of one session: a closed loop of a benchmark, or a process of a history.
package fpray.client;

public interface Caller {
    /** The session's operation has been answered; the caller may start the next one at once. */
    void answered(byte[] result);
}
