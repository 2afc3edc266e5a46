// The one thread of a process: waits for sockets and timers, lets actors handle what came, then flushes once per peer.
package fpray.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

public final class EventLoop implements Consumer<SelectionKey> {
    private static final int BUFFER = 128 * 1024;

    final Selector selector;
    final TimerHeap timers = new TimerHeap();
    final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    final byte[] scratch = new byte[BUFFER];
    final Reader reader = new Reader();
    private Actor[] actors = new Actor[0];
    private Connection[] dirty = new Connection[16];
    private Connection[] flushing = new Connection[16];
    private final Patience patience = new Patience();
    private int dirtyCount;
    private long now = System.nanoTime();
    private long turn;
    volatile boolean ending;

    public EventLoop() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new IllegalStateException("No selector can be opened: " + e.getMessage(), e);
        }
    }

    /** System.nanoTime() when this turn began: good enough for timers, too coarse for measurements. */
    public long now() {
        return now;
    }

    /** Counts the turns; roles that have a choice of peers change it between turns, so that one turn's messages share a write. */
    public long turn() {
        return turn;
    }

    /** Binds the address for the actor, or ends the process with a line that names the address. */
    public void listen(long address, Actor actor) {
        try {
            new Listener(this, actor, address);
        } catch (IOException e) {
            throw Log.fatal(e.getMessage() + ": " + Address.text(address));
        }
        add(actor);
        Log.info("Listening on " + Address.text(address) + ".");
    }

    private void add(Actor actor) {
        Actor[] grown = new Actor[actors.length + 1];
        System.arraycopy(actors, 0, grown, 0, actors.length);
        grown[actors.length] = actor;
        actors = grown;
    }

    public Actor[] actors() {
        return actors;
    }

    /** A connection on which the actor sends to the address, and gets what comes back. */
    public Connection connect(long address, Actor actor) {
        return new Connection(this, actor, address);
    }

    /** Connections to peers that matter for as long as this process lives. */
    public Connection[] connect(long[] addresses, Actor actor) {
        Connection[] all = new Connection[addresses.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = connect(addresses[i], actor).retryWhileSuspect();
        }
        return all;
    }

    void flushAtEndOfTurn(Connection connection) {
        if (dirtyCount == dirty.length) {
            Connection[] grown = new Connection[dirtyCount * 2];
            System.arraycopy(dirty, 0, grown, 0, dirtyCount);
            dirty = grown;
        }
        dirty[dirtyCount++] = connection;
    }

    /** Runs until the process ends. */
    public void run() {
        Runtime.getRuntime().addShutdownHook(new LeaveSelector(this));
        try {
            while (true) {
                finishTurn();
                select();
                if (ending) {
                    LockSupport.park();
                }
                now = System.nanoTime();
                turn++;
            }
        } catch (IOException e) {
            throw new IllegalStateException("Waiting for sockets failed: " + e.getMessage(), e);
        }
    }

    private void finishTurn() {
        timers.runDue(now);
        for (int i = 0; i < actors.length; i++) {
            actors[i].endOfTurn();
        }
        // A connection that fails here may make actors send again: that waits for the next turn.
        Connection[] now = dirty;
        int count = dirtyCount;
        dirty = flushing;
        flushing = now;
        dirtyCount = 0;
        for (int i = 0; i < count; i++) {
            now[i].flushNow();
            now[i] = null;
        }
    }

    private void select() throws IOException {
        long earliest = timers.earliest();
        if (dirtyCount > 0) {
            selector.selectNow(this);
        } else if (patience.looksPay() && foundByLooking()) {
            return;
        } else if (earliest == Long.MAX_VALUE) {
            selector.select(this);
        } else {
            long nanos = earliest - System.nanoTime();
            if (nanos <= 0) {
                selector.selectNow(this);
            } else {
                selector.select(this, (nanos + 999_999) / 1_000_000);
            }
        }
    }

    /** Whether a moment's looking found something; timers are in milliseconds, and may be that late. */
    private boolean foundByLooking() throws IOException {
        long end = System.nanoTime() + Patience.LOOK_NANOS;
        boolean found;
        do {
            found = selector.selectNow(this) > 0;
        } while (!found && System.nanoTime() < end);
        patience.looked(found);
        return found;
    }

    @Override
    public void accept(SelectionKey key) {
        // An earlier key of this turn may have closed the connection of this one.
        if (key.isValid()) {
            ((Selectable) key.attachment()).ready(key.readyOps());
        }
    }
}
