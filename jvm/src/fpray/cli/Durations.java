// Durations as in Scala: "<number><unit>". Decimals are allowed, and blanks are ignored.
package fpray.cli;

public final class Durations {
    public static final long INFINITE = Long.MAX_VALUE;

    private Durations() {}

    /** The duration in nanoseconds. Throws NumberFormatException if the text is not a duration. */
    public static long nanos(String text) {
        StringBuilder packed = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (!Character.isWhitespace(text.charAt(i))) {
                packed.append(text.charAt(i));
            }
        }
        String value = packed.toString();
        if (value.equals("Inf") || value.equals("PlusInf") || value.equals("+Inf")) {
            return INFINITE;
        }
        int unitStart = value.length();
        while (unitStart > 0 && Character.isLetter(value.charAt(unitStart - 1))) {
            unitStart--;
        }
        long unit = unitNanos(value.substring(unitStart));
        if (unit == 0 || unitStart == 0) {
            throw new NumberFormatException("format error " + text);
        }
        String number = value.substring(0, unitStart);
        double nanos = Double.parseDouble(number) * unit;
        if (Double.isNaN(nanos) || Math.abs(nanos) >= Long.MAX_VALUE) {
            throw new IllegalArgumentException("The duration " + text + " is too long.");
        }
        return isWhole(number) ? Long.parseLong(number) * unit : Math.round(nanos);
    }

    private static boolean isWhole(String number) {
        for (int i = 0; i < number.length(); i++) {
            char c = number.charAt(i);
            if (c < '0' || c > '9') {
                return false;
            }
        }
        return true;
    }

    private static long unitNanos(String unit) {
        switch (unit) {
            case "ns":
            case "nano":
            case "nanos":
            case "nanosecond":
            case "nanoseconds":
                return 1;
            case "us":
            case "\u00b5s":
            case "micro":
            case "micros":
            case "microsecond":
            case "microseconds":
                return 1_000;
            case "ms":
            case "milli":
            case "millis":
            case "millisecond":
            case "milliseconds":
                return 1_000_000;
            case "s":
            case "sec":
            case "secs":
            case "second":
            case "seconds":
                return 1_000_000_000L;
            case "m":
            case "min":
            case "mins":
            case "minute":
            case "minutes":
                return 60_000_000_000L;
            case "h":
            case "hr":
            case "hrs":
            case "hour":
            case "hours":
                return 3_600_000_000_000L;
            case "d":
            case "day":
            case "days":
                return 86_400_000_000_000L;
            default:
                return 0;
        }
    }
}
