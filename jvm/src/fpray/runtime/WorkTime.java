// How long an event loop has had work. The name of its thread says it to the outside: the loop polls, so the CPU
// time that the kernel shows is that of a full core, whatever the loop does.
package fpray.runtime;

/**
 * The loop has work from the call that finds something to do until it polls in vain or sleeps. The clock is read only there, mostly by
 * the loop itself. Time in which the thread waits for a core, or in which the garbage collector stops it, counts if the loop has work
 * then.
 */
final class WorkTime {
    private static final long NAMING_PERIOD = 100_000_000L;
    private static final long NONE = Long.MIN_VALUE;

    private long total;
    private long began = NONE;
    private long named;

    /** The current thread is the loop's from now on. */
    void start(long now) {
        began = now;
        name(now);
    }

    boolean hasWork() {
        return began != NONE;
    }

    void begin(long now) {
        began = now;
    }

    void end(long now) {
        if (began != NONE) {
            total += now - began;
            began = NONE;
        }
    }

    /** Names the thread, unless it was named a short time ago. Linux keeps 15 bytes: enough for a day. */
    void nameIfDue(long now) {
        if (now - named >= NAMING_PERIOD) {
            name(now);
        }
    }

    private void name(long now) {
        named = now;
        long sum = hasWork() ? total + now - began : total;
        Thread.currentThread().setName("loop " + sum / 1_000_000 + "ms");
    }
}
