// The bytes that a connection has to send: whole frames, and the one that is being written.
package fpray.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

final class Outbox {
    private static final int KEEP_CAPACITY = 256 * 1024;
    private static final int FIRST_CAPACITY = 4 * 1024;

    private final Writer out = new Writer(FIRST_CAPACITY);
    private int start;
    private int frameStart;

    /** Starts a frame with the type of a message. */
    Writer begin(int type) {
        if (start > 0 && start > out.end / 2) {
            System.arraycopy(out.bytes, start, out.bytes, 0, out.end - start);
            out.end -= start;
            start = 0;
        }
        frameStart = out.end;
        out.reserve(5);
        out.end += 4;
        out.u8(type);
        return out;
    }

    /** The length of the frame that has been started. */
    int frameLength() {
        return out.end - frameStart - 4;
    }

    /** How many bytes are to be sent, the started frame included. */
    int size() {
        return out.end - start;
    }

    /** Drops the frame that has been started. */
    void dropFrame() {
        out.end = frameStart;
    }

    /** Ends the frame that has been started. */
    void endFrame() {
        int length = frameLength();
        out.bytes[frameStart] = (byte) (length >>> 24);
        out.bytes[frameStart + 1] = (byte) (length >>> 16);
        out.bytes[frameStart + 2] = (byte) (length >>> 8);
        out.bytes[frameStart + 3] = (byte) length;
    }

    boolean isEmpty() {
        return out.end == start;
    }

    /** Writes to the channel; false if the channel takes no more for now. */
    boolean writeTo(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (start < out.end) {
            int n = Math.min(buffer.capacity(), out.end - start);
            buffer.clear();
            buffer.put(out.bytes, start, n);
            buffer.flip();
            int written = channel.write(buffer);
            start += written;
            if (written < n) {
                return false;
            }
        }
        clear();
        return true;
    }

    /** Forgets everything, and memory that a burst has taken. */
    void clear() {
        start = 0;
        out.clear();
        if (out.bytes.length > KEEP_CAPACITY) {
            out.bytes = new byte[FIRST_CAPACITY];
        }
    }
}
