// The option readBatchingScheme: size,<int>,<duration> | time,<duration> | adaptive.
package frankenpaxos.multipaxos;

import fpray.cli.Durations;
import fpray.cli.FlagType;

final class ReadBatching {
    static final FlagType TYPE = new FlagType("size,<Int>,<Duration>|time,<Duration>|adaptive") {
        @Override
        public void check(String value) {
            ReadBatching.parse(value);
        }
    };

    /** A batch with this number of reads is complete; Integer.MAX_VALUE if only the time counts. */
    final int size;
    /** A batch is complete after this time. */
    final long nanos;
    /** A batch has the reads that have arrived while the previous batch asked acceptors. */
    final boolean adaptive;

    private ReadBatching(int size, long nanos, boolean adaptive) {
        this.size = size;
        this.nanos = nanos;
        this.adaptive = adaptive;
    }

    static ReadBatching parse(String text) {
        int first = text.indexOf(',');
        int second = text.indexOf(',', first + 1);
        try {
            if (text.equals("adaptive")) {
                return new ReadBatching(Integer.MAX_VALUE, Durations.INFINITE, true);
            }
            if (text.startsWith("size,") && second > 0) {
                return new ReadBatching(Integer.parseInt(text.substring(first + 1, second).trim()), Durations.nanos(text.substring(second + 1)), false);
            }
            if (text.startsWith("time,")) {
                return new ReadBatching(Integer.MAX_VALUE, Durations.nanos(text.substring(first + 1)), false);
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("It is neither size,<int>,<duration> nor time,<duration> nor adaptive.", e);
        }
        throw new IllegalArgumentException("It is neither size,<int>,<duration> nor time,<duration> nor adaptive.");
    }
}
