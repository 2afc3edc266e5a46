// Encodes messages: a byte array that grows, and the few primitive types of the wire format.
package fpray.runtime;

public final class Writer {
    public byte[] bytes;
    public int end;

    public Writer(int capacity) {
        bytes = new byte[capacity];
    }

    public void clear() {
        end = 0;
    }

    /** Makes room for n more bytes. */
    public void reserve(int n) {
        if (bytes.length - end < n) {
            byte[] grown = new byte[Math.max(bytes.length * 2, end + n)];
            System.arraycopy(bytes, 0, grown, 0, end);
            bytes = grown;
        }
    }

    public void u8(int value) {
        reserve(1);
        bytes[end++] = (byte) value;
    }

    public void i64(long value) {
        reserve(8);
        byte[] b = bytes;
        int e = end;
        for (int shift = 56; shift >= 0; shift -= 8) {
            b[e++] = (byte) (value >>> shift);
        }
        end = e;
    }

    /** Unsigned LEB128, because slots, rounds, indexes and lengths are mostly small. */
    public void varint(long value) {
        reserve(10);
        byte[] b = bytes;
        int e = end;
        while ((value & ~0x7fL) != 0) {
            b[e++] = (byte) (value | 0x80);
            value >>>= 7;
        }
        b[e++] = (byte) value;
        end = e;
    }

    /** For numbers that may be -1, which means "nothing yet". */
    public void varintFromMinusOne(long value) {
        varint(value + 1);
    }

    public void raw(byte[] source, int from, int length) {
        reserve(length);
        System.arraycopy(source, from, bytes, end, length);
        end += length;
    }

    /** A length, and the bytes. */
    public void blob(byte[] source, int from, int length) {
        varint(length);
        raw(source, from, length);
    }

    public void blob(byte[] source) {
        blob(source, 0, source.length);
    }

    public byte[] toBytes() {
        byte[] copy = new byte[end];
        System.arraycopy(bytes, 0, copy, 0, end);
        return copy;
    }
}
