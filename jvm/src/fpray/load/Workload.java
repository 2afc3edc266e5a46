// Makes the commands of closed loops, one after the other.
package fpray.load;

import fpray.runtime.Writer;
import java.util.Random;

public abstract class Workload {
    private static final int ALPHABET = 64;

    final Random random = new Random();

    /** Writes the next command; true if it is a read. */
    public abstract boolean next(Writer command);

    /** A normally distributed size, at least zero. */
    final int size(int mean, int std) {
        return std == 0 ? mean : Math.max(0, (int) Math.round(mean + random.nextGaussian() * std));
    }

    /** Writes a value of printable characters: the length, then the characters. */
    final void value(Writer to, int size) {
        to.varint(size);
        to.reserve(size);
        int bits = 0;
        for (int i = 0; i < size; i++) {
            if (i % 5 == 0) {
                bits = random.nextInt();
            }
            to.bytes[to.end++] = (byte) ('0' + (bits & ALPHABET - 1));
            bits >>>= 6;
        }
    }
}
