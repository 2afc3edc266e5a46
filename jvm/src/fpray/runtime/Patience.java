// Decides whether the event loop polls for a short time before it sleeps: to wake a halted CPU takes longer than a request.
package fpray.runtime;

/**
 * Polling is worth its time while most of the last polls were successful. While they are not, only one sleep in many is preceded by a
 * poll. One poll that fails changes little: another process may have had the CPU, and results must not depend on such single events.
 */
final class Patience {
    /** As long as Linux's haltpoll governor. To wake a peer takes less, so two processes that both sleep return to polling. */
    static final long POLL_NANOS = 200_000;

    private static final int ONE = 1 << 20;
    private static final int MOST = ONE / 4 * 3;
    private static final int SLEEPS_BETWEEN_POLLS = 64;

    /** The share of the last polls (about 32) that were successful, in 1/ONE. */
    private int successes = ONE;

    private int sleeps;

    boolean shouldPoll() {
        return successes >= MOST || ++sleeps % SLEEPS_BETWEEN_POLLS == 0;
    }

    void polled(boolean isSuccess) {
        successes += (isSuccess ? ONE - successes : -successes) >> 5;
    }
}
