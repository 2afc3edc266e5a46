// The one thread of a process: waits for sockets and timers, lets actors handle the messages, then writes once to each peer.
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
    private final WorkTime work = new WorkTime();
    private int dirtyCount;
    private long now = System.nanoTime();
    private long turn;
    private int ready;
    volatile boolean ending;

    public EventLoop() {
        Burn.announce();
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new IllegalStateException("No selector can be opened: " + e.getMessage(), e);
        }
    }

    /** System.nanoTime() when this turn began: exact enough for timers, but not for measurements. */
    public long now() {
        return now;
    }

    /** The number of this turn. A role that has a choice of peers changes it between turns, so that messages of one turn share a write. */
    public long turn() {
        return turn;
    }

    /** How many connections had something for this thread when it last looked: its queue, for the metrics. Any thread may ask. */
    public int ready() {
        return ready;
    }

    /** Listens at the address for the actor. Ends the process with a line that names the address if that is impossible. */
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

    /** A connection on which the actor sends to the address, and receives the answers. */
    public Connection connect(long address, Actor actor) {
        return new Connection(this, actor, address);
    }

    /** Connections to peers that are needed during the whole life of the process. */
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
        work.start(System.nanoTime());
        try {
            while (true) {
                finishTurn();
                select();
                if (ending) {
                    LockSupport.park();
                }
                now = System.nanoTime();
                if (!work.hasWork()) {
                    work.begin(now); // a timer
                }
                work.nameIfDue(now);
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
        // When a connection fails here, actors may send again. Those messages wait for the next turn.
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
            ready = selector.selectNow(this);
        } else if (patience.shouldPoll() && poll()) {
            return;
        } else {
            long time = System.nanoTime();
            if (earliest <= time) {
                ready = selector.selectNow(this);
                return;
            }
            work.end(time);
            if (earliest == Long.MAX_VALUE) {
                ready = selector.select(this);
            } else {
                ready = selector.select(this, (earliest - time + 999_999) / 1_000_000);
            }
        }
    }

    /** Polls for a short time; true if there was something to do. Timers are in milliseconds and may be late by this time. */
    private boolean poll() throws IOException {
        long time = System.nanoTime();
        long end = time + Patience.POLL_NANOS;
        ready = selector.selectNow(this);
        while (ready == 0) {
            work.end(time);
            time = System.nanoTime();
            if (time >= end) {
                break;
            }
            work.begin(time); // handlers run in the call
            ready = selector.selectNow(this);
        }
        patience.polled(ready > 0);
        return ready > 0;
    }

    @Override
    public void accept(SelectionKey key) {
        if (!work.hasWork()) {
            work.begin(System.nanoTime());
        }
        // An earlier key of this turn may have closed the connection of this key.
        if (key.isValid()) {
            ((Selectable) key.attachment()).ready(key.readyOps());
        }
    }
}
