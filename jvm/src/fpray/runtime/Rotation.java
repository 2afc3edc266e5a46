// Chooses among equal peers, one after the other. During one turn of the event loop the choice stays the same, so that messages share a
// write.
package fpray.runtime;

public final class Rotation {
    private final EventLoop loop;
    private long turn = -1;
    private int choice = -1;

    public Rotation(EventLoop loop) {
        this.loop = loop;
    }

    /** This turn's peer, or the next one after it that can be reached. */
    public Connection of(Connection[] peers) {
        if (loop.turn() != turn) {
            turn = loop.turn();
            choice = choice + 1 & Integer.MAX_VALUE;
        }
        return notSuspect(peers, choice % peers.length);
    }

    /** Goes on to the next peer within the turn. */
    public Connection next(Connection[] peers) {
        turn = -1;
        return of(peers);
    }

    /** The peer at that index, or the next one that can be reached. */
    public static Connection notSuspect(Connection[] peers, int index) {
        for (int i = 0; i < peers.length; i++) {
            Connection peer = peers[(index + i) % peers.length];
            if (!peer.isSuspect()) {
                return peer;
            }
        }
        return peers[index];
    }
}
