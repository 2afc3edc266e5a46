// Cuts the bytes that a connection reads into frames, and keeps the beginning of a frame that is not complete.
package fpray.runtime;

import java.nio.ByteBuffer;

final class Frames {
    private static final int KEEP_CAPACITY = 256 * 1024;
    private static final byte[] NOTHING = new byte[0];

    private final EventLoop loop;
    private final Actor actor;
    private final Connection connection;
    // The beginning of a frame that is not complete.
    private byte[] part = NOTHING;
    private int partEnd;

    Frames(EventLoop loop, Actor actor, Connection connection) {
        this.loop = loop;
        this.actor = actor;
        this.connection = connection;
    }

    /** Takes n more bytes, and hands every frame that they complete to the actor. */
    void take(ByteBuffer buffer, int n) {
        byte[] bytes;
        int to;
        if (partEnd == 0) {
            bytes = loop.scratch;
            buffer.get(bytes, 0, n);
            to = n;
        } else {
            reserve(partEnd + n);
            buffer.get(part, partEnd, n);
            bytes = part;
            to = partEnd + n;
        }
        int at = 0;
        while (to - at >= 4) {
            int length = (bytes[at] & 0xff) << 24 | (bytes[at + 1] & 0xff) << 16 | (bytes[at + 2] & 0xff) << 8 | bytes[at + 3] & 0xff;
            if (length < 1 || length > Connection.MAX_FRAME) {
                throw new Reader.Malformed("a frame of " + length + " bytes");
            }
            if (to - at - 4 < length) {
                break;
            }
            at += 4;
            actor.handle(connection, loop.reader.set(bytes, at, at + length));
            at += length;
        }
        keep(bytes, at, to - at);
    }

    private void keep(byte[] bytes, int at, int length) {
        partEnd = 0;
        if (length == 0) {
            if (part.length > KEEP_CAPACITY) {
                part = NOTHING;
            }
            return;
        }
        reserve(length);
        System.arraycopy(bytes, at, part, 0, length);
        partEnd = length;
    }

    private void reserve(int capacity) {
        if (part.length < capacity) {
            byte[] grown = new byte[Math.max(capacity, part.length * 2)];
            System.arraycopy(part, 0, grown, 0, partEnd);
            part = grown;
        }
    }

    void forget() {
        part = NOTHING;
        partEnd = 0;
    }
}
