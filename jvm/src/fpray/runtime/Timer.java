// A timer of an event loop. To move its deadline back is cheap: it changes one field, and not the heap.
package fpray.runtime;

public abstract class Timer {
    private static final long OFF = Long.MAX_VALUE;

    private final EventLoop loop;
    private long deadline = OFF;
    // The heap is sorted by this time, which is never later than the deadline while the timer is queued.
    long queuedFor;
    boolean queued;

    protected Timer(EventLoop loop) {
        this.loop = loop;
    }

    protected abstract void fire();

    /** Starts the timer, or starts it again: it fires once, after this number of nanoseconds. */
    public final void start(long nanos) {
        long now = loop.now();
        deadline = nanos > OFF - 1 - now ? OFF - 1 : now + nanos;
        if (!queued) {
            loop.timers.add(this, deadline);
        } else if (deadline < queuedFor) {
            loop.timers.moveEarlier(this, deadline);
        }
    }

    public final void stop() {
        deadline = OFF;
    }

    public final boolean isRunning() {
        return deadline != OFF;
    }

    /** The time that the heap knows has come: fires, or goes back into the heap if the deadline has been moved. */
    final void due(long now) {
        if (deadline == OFF) {
            return;
        }
        if (deadline > now) {
            loop.timers.add(this, deadline);
            return;
        }
        deadline = OFF;
        fire();
    }
}
