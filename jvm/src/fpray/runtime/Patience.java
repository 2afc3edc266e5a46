// Decides whether to look for messages for a moment before sleeping: to wake a halted CPU costs more than a request.
package fpray.runtime;

final class Patience {
    /** A waiting peer answers sooner than this, if it has a CPU of its own. */
    static final long LOOK_NANOS = 50_000;

    /** Having looked for longer than this means that others wanted this CPU: looking takes it from them. */
    private static final long PREEMPTED_NANOS = 2 * LOOK_NANOS;

    private static final int MOST = 4;
    private static final int SLEEPS_BETWEEN_TRIES = 256;
    private static final int SLEEPS_WHEN_CROWDED = 20_000;

    private int credit = 1;
    private int sleeps;

    /** Whether the last looks were worth it; now and then, whether they are again. */
    boolean looksPay() {
        if (credit > 0) {
            return true;
        }
        if (--sleeps <= 0) {
            credit = 1;
            return true;
        }
        return false;
    }

    void found() {
        if (credit < MOST) {
            credit++;
        }
    }

    void foundNothing(long nanos) {
        if (nanos > PREEMPTED_NANOS) {
            credit = 0;
            sleeps = SLEEPS_WHEN_CROWDED;
        } else if (--credit <= 0) {
            sleeps = SLEEPS_BETWEEN_TRIES;
        }
    }
}
