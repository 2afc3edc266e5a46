// A log: a command appends an entry and gets its index; a read gets the length.
// No command reads an entry back, so length and a digest of the entries stand for them: a long run must fit a small heap.
package fpray.state;

import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class AppendLog extends StateMachine {
    private long length;
    private long digest = 0xcbf29ce484222325L;

    @Override
    public byte[] run(byte[] bytes, int from, int count) {
        long d = digest;
        for (int i = from; i < from + count; i++) {
            d = (d ^ bytes[i] & 0xff) * 0x100000001b3L;
        }
        digest = (d ^ count) * 0x100000001b3L;
        return decimal(length++);
    }

    @Override
    public byte[] read(byte[] bytes, int from, int count) {
        return decimal(length);
    }

    /** FrankenPaxos's results are texts too. */
    private static byte[] decimal(long value) {
        return Long.toString(value).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Override
    public void save(Writer to) {
        to.varint(length);
        to.i64(digest);
    }

    @Override
    public void load(Reader from) {
        length = from.varint();
        digest = from.i64();
    }
}
