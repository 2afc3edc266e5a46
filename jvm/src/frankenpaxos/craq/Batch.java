// Requests of a client process that are sent together, as one message.
package frankenpaxos.craq;

import fpray.runtime.Connection;
import fpray.runtime.FlushEvery;
import fpray.runtime.Writer;

final class Batch {
    private final int type;
    private final int size;
    private final FlushEvery flush;
    final Writer requests = new Writer(256);
    private int count;

    Batch(int type, int size, int flushEveryN) {
        this.type = type;
        this.size = size;
        this.flush = new FlushEvery(flushEveryN);
    }

    /** One more request has been written into `requests`. True if the batch is full and must be sent. */
    boolean isFullWithOneMore() {
        return ++count >= size;
    }

    void send(Connection to) {
        if (count > 0) {
            to.begin(type).raw(requests.bytes, 0, requests.end);
            flush.end(to);
            requests.clear();
            count = 0;
        }
    }

    void flush() {
        flush.flush();
    }
}
