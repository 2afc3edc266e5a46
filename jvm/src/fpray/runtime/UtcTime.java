// Writes times as java.time.Instant.toString() does (with 0, 3, 6 or 9 decimal digits), but faster.
package fpray.runtime;

public final class UtcTime {
    private static final long NANOS = 1_000_000_000L;
    public static final int MAX_LENGTH = 30;

    private long cachedSecond = Long.MIN_VALUE;
    private final byte[] prefix = new byte[19];

    /** Nanoseconds since 1970, at the resolution of the system's clock. */
    public static long epochNanos() {
        // System.currentTimeMillis() has no nanoseconds.
        java.time.Instant now = java.time.Instant.now();
        return now.getEpochSecond() * NANOS + now.getNano();
    }

    /** Writes the time into `to` from `at`, and returns where it ends. */
    public int write(long epochNanos, byte[] to, int at) {
        long second = Math.floorDiv(epochNanos, NANOS);
        int fraction = (int) (epochNanos - second * NANOS);
        if (second != cachedSecond) {
            writePrefix(second);
            cachedSecond = second;
        }
        System.arraycopy(prefix, 0, to, at, 19);
        at += 19;
        if (fraction != 0) {
            to[at++] = '.';
            int digits = 9;
            while (fraction % 1000 == 0) {
                fraction /= 1000;
                digits -= 3;
            }
            digits(fraction, digits, to, at);
            at += digits;
        }
        to[at++] = 'Z';
        return at;
    }

    private void writePrefix(long second) {
        long day = Math.floorDiv(second, 86400L);
        int inDay = (int) (second - day * 86400L);
        // The date of a day's number. Years begin in March here, so that the leap day is the last day.
        long z = day + 719468;
        long era = Math.floorDiv(z, 146097L);
        int dayOfEra = (int) (z - era * 146097);
        int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int shifted = (5 * dayOfYear + 2) / 153;
        int dayOfMonth = dayOfYear - (153 * shifted + 2) / 5 + 1;
        int month = shifted < 10 ? shifted + 3 : shifted - 9;
        int year = (int) (yearOfEra + era * 400) + (month <= 2 ? 1 : 0);
        digits(year, 4, prefix, 0);
        prefix[4] = '-';
        digits(month, 2, prefix, 5);
        prefix[7] = '-';
        digits(dayOfMonth, 2, prefix, 8);
        prefix[10] = 'T';
        digits(inDay / 3600, 2, prefix, 11);
        prefix[13] = ':';
        digits(inDay / 60 % 60, 2, prefix, 14);
        prefix[16] = ':';
        digits(inDay % 60, 2, prefix, 17);
    }

    private static void digits(int value, int count, byte[] to, int at) {
        for (int i = at + count - 1; i >= at; i--) {
            to[i] = (byte) ('0' + value % 10);
            value /= 10;
        }
    }
}
