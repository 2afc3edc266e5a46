// A log. A command appends an entry, and its result is the index; the result of a read is the length.
// No command reads an entry, so only the length and a digest of the entries are kept: a long run must fit into a small heap.
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

    /** Results are texts, as in FrankenPaxos. */
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
