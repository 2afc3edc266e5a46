// An address as one long: IPv4 in the upper bits, the port in the lower 16. That is cheap to send, to compare and to hash.
package fpray.runtime;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

public final class Address {
    private Address() {}

    /** Resolves the host. Throws with a sentence if the host or the port cannot be used. */
    public static long of(String host, int port) {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("Port " + port + " of " + host + " is not between 0 and 65535.");
        }
        return ip(host) << 16 | port;
    }

    private static long ip(String host) {
        try {
            InetAddress[] all = InetAddress.getAllByName(host);
            for (int i = 0; i < all.length; i++) {
                if (all[i] instanceof Inet4Address) {
                    byte[] b = all[i].getAddress();
                    return (b[0] & 0xffL) << 24 | (b[1] & 0xffL) << 16 | (b[2] & 0xffL) << 8 | b[3] & 0xffL;
                }
            }
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("Host '" + host + "' cannot be resolved.", e);
        }
        throw new IllegalArgumentException("Host '" + host + "' has no IPv4 address.");
    }

    public static InetSocketAddress socketAddress(long address) {
        byte[] b = {(byte) (address >> 40), (byte) (address >> 32), (byte) (address >> 24), (byte) (address >> 16)};
        try {
            return new InetSocketAddress(InetAddress.getByAddress(b), (int) address & 0xffff);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Four bytes are always an IPv4 address.", e);
        }
    }

    public static String text(long address) {
        return (address >> 40 & 0xff) + "." + (address >> 32 & 0xff) + "." + (address >> 24 & 0xff) + "."
            + (address >> 16 & 0xff) + ":" + (address & 0xffff);
    }
}
