// Makes a process slow on purpose: -Dfpray.burn_us=N burns N microseconds of its event loop for each message that it receives.
package fpray.runtime;

final class Burn {
    private static final String PROPERTY = "fpray.burn_us";
    private static final int MOST_MICROS = 60_000_000;
    /** Between two readings of the clock. After a longer time the thread did not run, and burnt nothing. */
    private static final long LONGEST_STEP = 2_000;
    private static final long NANOS = nanos(System.getProperty(PROPERTY));

    private Burn() {}

    private static long nanos(String text) {
        if (text == null) {
            return 0;
        }
        try {
            int micros = Integer.parseInt(text);
            if (micros >= 0 && micros <= MOST_MICROS) {
                return micros * 1_000L;
            }
        } catch (NumberFormatException e) {
            // The same as a number that is out of range.
        }
        throw Log.fatal("-D" + PROPERTY + "=" + text + " must be a whole number of microseconds from 0 to " + MOST_MICROS + ".");
    }

    /** Says it in the log: the figures of such a process are not those of the jar. Ends the process if N is no number. */
    static void announce() {
        if (NANOS > 0) {
            Log.warn("This process burns " + NANOS / 1_000 + " microseconds for each message (-D" + PROPERTY + ").");
        }
    }

    /** A message is received. */
    static void message() {
        if (NANOS > 0) {
            spin();
        }
    }

    private static void spin() {
        long rest = NANOS;
        long last = System.nanoTime();
        while (rest > 0) {
            long time = System.nanoTime();
            rest -= Math.min(time - last, LONGEST_STEP);
            last = time;
        }
    }
}
