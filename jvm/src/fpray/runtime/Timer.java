// A timer of an event loop that is cheap to restart: moving a deadline back costs one field, not a heap operation.
package fpray.runtime;

public abstract class Timer {
    private static final long OFF = Long.MAX_VALUE;

    private final EventLoop loop;
    private long deadline = OFF;
    // What the heap has been sorted by: never later than the deadline while queued.
    long queuedFor;
    boolean queued;

    protected Timer(EventLoop loop) {
        this.loop = loop;
    }

    protected abstract void fire();

    /** (Re)starts the timer: it fires once, nanos from now. */
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

    /** The heap's head has come: fire, or go back into the heap for the deadline that was moved meanwhile. */
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
