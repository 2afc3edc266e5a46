// One closed loop of a client: it sends its next request when the previous one has been answered.
package fpray.load;

import fpray.client.Caller;
import fpray.client.Session;
import fpray.client.SessionClient;

public final class ClosedLoop implements Caller {
    private final Phases phases;
    private final Workload workload;
    private final Session session;
    private boolean isRead;
    // For Phases: the phase that has started the loop, and the time at which the request in flight was sent.
    Object phase;
    long start;

    ClosedLoop(Phases phases, SessionClient<?> client, Workload workload) {
        this.phases = phases;
        this.workload = workload;
        this.session = client.open(this);
    }

    /** Sends the loop's next request. */
    void send() {
        session.command.clear();
        isRead = workload.next(session.command);
        if (isRead) {
            session.read();
        } else {
            session.write();
        }
    }

    /** Recorder.READ or Recorder.WRITE: what the request in flight is. */
    int label() {
        return isRead ? Recorder.READ : Recorder.WRITE;
    }

    @Override
    public void answered(byte[] result) {
        phases.answered(this);
    }
}
