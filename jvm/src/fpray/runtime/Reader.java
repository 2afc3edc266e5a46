// Decodes messages: a cursor over a byte array that never reads past its limit.
package fpray.runtime;

public final class Reader {
    /** The bytes are not a valid message; their connection is closed. */
    public static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1;

        public Malformed(String message) {
            super(message);
        }
    }

    public byte[] bytes;
    public int at;
    public int limit;

    public Reader set(byte[] bytes, int from, int limit) {
        this.bytes = bytes;
        this.at = from;
        this.limit = limit;
        return this;
    }

    public boolean hasMore() {
        return at < limit;
    }

    public int u8() {
        need(1);
        return bytes[at++] & 0xff;
    }

    public long i64() {
        need(8);
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | bytes[at++] & 0xff;
        }
        return value;
    }

    public long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            need(1);
            byte b = bytes[at++];
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new Malformed("a varint of more than ten bytes");
    }

    public long varintFromMinusOne() {
        return varint() - 1;
    }

    public int smallVarint() {
        long value = varint();
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new Malformed("a number of " + value + " where an int is expected");
        }
        return (int) value;
    }

    /** Reads the length of a blob, and checks that its bytes follow: bytes[at, at + length). */
    public int blobLength() {
        int length = smallVarint();
        need(length);
        return length;
    }

    public byte[] blob() {
        int length = blobLength();
        byte[] copy = new byte[length];
        System.arraycopy(bytes, at, copy, 0, length);
        at += length;
        return copy;
    }

    public void skip(int length) {
        need(length);
        at += length;
    }

    /** A copy of everything that is left. */
    public byte[] rest() {
        byte[] copy = new byte[limit - at];
        System.arraycopy(bytes, at, copy, 0, copy.length);
        at = limit;
        return copy;
    }

    private void need(int n) {
        if (limit - at < n) {
            throw new Malformed("a message that ends " + (n - (limit - at)) + " bytes early");
        }
    }
}
