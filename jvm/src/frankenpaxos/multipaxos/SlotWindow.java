// A map from slots to things, for a window of slots that moves up: a ring that grows with the distance of its slots.
package frankenpaxos.multipaxos;

final class SlotWindow<T> {
    private Object[] ring;
    private long low;
    private long high;
    private int count;

    SlotWindow(int capacity) {
        int size = 16;
        while (size < capacity && size < 1 << 20) {
            size *= 2;
        }
        ring = new Object[size];
    }

    int count() {
        return count;
    }

    /** No slot below this one is taken; equal to high() if no slot is taken. */
    long low() {
        return low;
    }

    /** One more than the largest slot that may be taken. */
    long high() {
        return high;
    }

    @SuppressWarnings("unchecked")
    T get(long slot) {
        return slot >= low && slot < high ? (T) ring[(int) slot & ring.length - 1] : null;
    }

    void put(long slot, T thing) {
        if (count == 0) {
            low = slot;
            high = slot + 1;
        } else {
            reserve(Math.min(low, slot), Math.max(high, slot + 1));
        }
        int index = (int) slot & ring.length - 1;
        if (ring[index] == null) {
            count++;
        }
        ring[index] = thing;
    }

    T remove(long slot) {
        T thing = get(slot);
        if (thing != null) {
            ring[(int) slot & ring.length - 1] = null;
            count--;
            while (low < high && ring[(int) low & ring.length - 1] == null) {
                low++;
            }
        }
        return thing;
    }

    /** Removes everything below the slot. */
    void removeBelow(long slot) {
        long end = Math.min(slot, high);
        for (; low < end; low++) {
            int index = (int) low & ring.length - 1;
            if (ring[index] != null) {
                ring[index] = null;
                count--;
            }
        }
        while (low < high && ring[(int) low & ring.length - 1] == null) {
            low++;
        }
    }

    private void reserve(long newLow, long newHigh) {
        if (newHigh - newLow > ring.length) {
            long size = ring.length;
            while (size < newHigh - newLow) {
                size *= 2;
            }
            if (size > 1 << 28) {
                throw new IllegalStateException("Slots " + newLow + " and " + newHigh + " are too far apart to be held together.");
            }
            Object[] grown = new Object[(int) size];
            for (long slot = low; slot < high; slot++) {
                grown[(int) slot & grown.length - 1] = ring[(int) slot & ring.length - 1];
            }
            ring = grown;
        }
        low = newLow;
        high = newHigh;
    }
}
