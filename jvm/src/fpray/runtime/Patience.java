// Decides whether to look for messages for a moment before sleeping: to wake a halted CPU costs more than a request.
package fpray.runtime;

/**
 * Looking pays while most of the last looks found something; when they do not, one sleep of many is preceded by a try. A look that
 * found nothing, since somebody else had the CPU, changes little: results must not hang on single wake-ups of others.
 */
final class Patience {
    /** As long as Linux's haltpoll governor. A peer that has to be woken needs less: two that both sleep get back to looking. */
    static final long LOOK_NANOS = 200_000;

    private static final int ONE = 1 << 20;
    private static final int MOST = ONE / 4 * 3;
    private static final int SLEEPS_BETWEEN_TRIES = 64;

    /** The share of looks that found something, over about the last 32, in 1/ONE. */
    private int found = ONE;

    private int sleeps;

    boolean looksPay() {
        return found >= MOST || ++sleeps % SLEEPS_BETWEEN_TRIES == 0;
    }

    void looked(boolean foundSomething) {
        found += (foundSomething ? ONE - found : -found) >> 5;
    }
}
