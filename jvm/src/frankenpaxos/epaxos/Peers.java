// The other replicas, and the option thriftySystem: which of them a leader asks first when it needs only some.
package frankenpaxos.epaxos;

import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import java.util.Random;

final class Peers {
    /** The share of the newest round trip in the average delay of a peer. */
    private static final double NEWEST_SHARE = 0.1;

    private final int self;
    private final Connection[] connections;
    private final boolean isThrifty;
    private final boolean prefersClosest;
    private final Random random = new Random();
    private final double[] delays;
    private final int[] order;

    Peers(EventLoop loop, Config config, int self, Replica replica, String thriftySystem) {
        this.self = self;
        connections = loop.connect(config.replicas, replica);
        isThrifty = !thriftySystem.equals("NotThrifty");
        prefersClosest = thriftySystem.equals("Closest");
        delays = new double[connections.length];
        order = new int[connections.length - 1];
        for (int i = 0; i < order.length; i++) {
            order[i] = i < self ? i : i + 1;
        }
    }

    int count() {
        return connections.length;
    }

    Connection connection(int replica) {
        return connections[replica];
    }

    /** All other replicas, as bits. */
    long others() {
        return (1L << connections.length) - 1 & ~(1L << self);
    }

    /** The replicas to ask, as bits, if `needed` must agree, this one included. Those that cannot be reached are chosen last. */
    long chosen(int needed) {
        if (!isThrifty) {
            return others();
        }
        if (prefersClosest) {
            sortByDelay();
        } else {
            shuffle();
        }
        long chosen = 0;
        int left = needed - 1;
        for (int suspects = 0; suspects < 2; suspects++) {
            for (int i = 0; i < order.length && left > 0; i++) {
                if (connections[order[i]].isSuspect() == (suspects == 1)) {
                    chosen |= 1L << order[i];
                    left--;
                }
            }
        }
        return chosen;
    }

    /** A peer has answered after this number of nanoseconds. */
    void answered(int replica, long nanos) {
        double delay = delays[replica];
        delays[replica] = delay == 0 ? nanos : delay + NEWEST_SHARE * (nanos - delay);
    }

    /** Insertion sort: there are few, and they are nearly sorted. Peers that were never asked come first. */
    private void sortByDelay() {
        for (int i = 1; i < order.length; i++) {
            int replica = order[i];
            int at = i;
            for (; at > 0 && delays[order[at - 1]] > delays[replica]; at--) {
                order[at] = order[at - 1];
            }
            order[at] = replica;
        }
    }

    private void shuffle() {
        for (int i = order.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int replica = order[i];
            order[i] = order[other];
            order[other] = replica;
        }
    }
}
