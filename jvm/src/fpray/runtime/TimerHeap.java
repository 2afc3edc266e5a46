// The timers of one event loop, earliest first: a binary heap in an array.
package fpray.runtime;

final class TimerHeap {
    private Timer[] heap = new Timer[16];
    private int size;

    /** When the earliest timer may be due; Long.MAX_VALUE if there is none. */
    long earliest() {
        return size == 0 ? Long.MAX_VALUE : heap[0].queuedFor;
    }

    void add(Timer timer, long deadline) {
        if (size == heap.length) {
            Timer[] grown = new Timer[size * 2];
            System.arraycopy(heap, 0, grown, 0, size);
            heap = grown;
        }
        timer.queued = true;
        timer.queuedFor = deadline;
        siftUp(size++, timer);
    }

    void moveEarlier(Timer timer, long deadline) {
        timer.queuedFor = deadline;
        for (int i = 0; i < size; i++) {
            if (heap[i] == timer) {
                siftUp(i, timer);
                return;
            }
        }
    }

    void runDue(long now) {
        while (size > 0 && heap[0].queuedFor <= now) {
            Timer first = heap[0];
            removeFirst();
            first.queued = false;
            first.due(now);
        }
    }

    private void siftUp(int i, Timer timer) {
        while (i > 0) {
            int parent = (i - 1) >>> 1;
            if (heap[parent].queuedFor <= timer.queuedFor) {
                break;
            }
            heap[i] = heap[parent];
            i = parent;
        }
        heap[i] = timer;
    }

    private void removeFirst() {
        Timer last = heap[--size];
        heap[size] = null;
        if (size == 0) {
            return;
        }
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && heap[child + 1].queuedFor < heap[child].queuedFor) {
                child++;
            }
            if (heap[child].queuedFor >= last.queuedFor) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = last;
    }
}
