// The instances of one leader, by number: a window that begins with the first instance that is still needed, in a ring that grows.
package frankenpaxos.epaxos;

import fpray.runtime.Reader;

final class Column {
    private static final int MAX_SPAN = 1 << 26;

    private final int index;
    private Instance[] ring;
    private long low;
    private long high;
    private long executed;

    Column(int index, int capacity) {
        this.index = index;
        int size = 16;
        while (size < capacity && size < 1 << 20) {
            size *= 2;
        }
        ring = new Instance[size];
    }

    /** No instance with this number or a higher one is known. */
    long high() {
        return high;
    }

    /** The first instance that has not been executed. */
    long executed() {
        return executed;
    }

    /** The first instance that has not been forgotten. Only executed ones are forgotten. */
    long low() {
        return low;
    }

    /** The instance; null if it is not known, or forgotten. */
    Instance get(long number) {
        return number >= low && number < high ? ring[(int) number & ring.length - 1] : null;
    }

    /** The instance, which is made if it is not known; null if it has been forgotten. */
    Instance find(long number) {
        if (number < low) {
            return null;
        }
        Instance instance = get(number);
        if (instance == null) {
            reserve(number);
            instance = new Instance(index, number);
            ring[(int) number & ring.length - 1] = instance;
        }
        return instance;
    }

    private void reserve(long number) {
        if (number - low >= MAX_SPAN) {
            throw new Reader.Malformed("the instance " + index + "." + number + ", which is too far ahead of " + low);
        }
        if (number - low >= ring.length) {
            int size = ring.length;
            while (number - low >= size) {
                size *= 2;
            }
            Instance[] grown = new Instance[size];
            for (long i = low; i < high; i++) {
                grown[(int) i & size - 1] = ring[(int) i & ring.length - 1];
            }
            ring = grown;
        }
        high = Math.max(high, number + 1);
    }

    /** One more instance has been executed: moves executed() on as far as possible. */
    void advance() {
        for (Instance next = get(executed); next != null && next.phase == Instance.EXECUTED; next = get(executed)) {
            executed++;
        }
    }

    /** Forgets and returns the first instance. */
    Instance forgetFirst() {
        int at = (int) low & ring.length - 1;
        Instance first = ring[at];
        ring[at] = null;
        low++;
        return first;
    }
}
