// One TCP connection: frames in, frames out. An outbound connection connects when something is sent, and again after a failure; an
// inbound one ends with its socket.
package fpray.runtime;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

public final class Connection extends Selectable {
    public static final int MAX_FRAME = 10 * 1024 * 1024;
    /** Messages beyond this backlog are dropped: a peer that does not read must not fill the heap of this process. */
    private static final int MAX_BACKLOG = 16 * 1024 * 1024;
    private static final int MAX_READS_PER_TURN = 16;
    private static final long CONNECT_TIMEOUT = 3_000_000_000L;
    private static final long RETRY_PERIOD = 500_000_000L;

    private static final int CLOSED = 0;
    private static final int CONNECTING = 1;
    private static final int OPEN = 2;

    private final EventLoop loop;
    private final Actor actor;
    private final boolean outbound;
    private final long address;
    private int state = CLOSED;
    private SocketChannel channel;
    private SelectionKey key;
    private boolean dirty;
    private boolean awaitingWritable;
    private Timer connectTimer;
    private Timer retryTimer;
    private boolean suspect;

    private final Outbox out = new Outbox();
    private final Frames in;

    /** An outbound connection, which connects when it first has something to send. */
    Connection(EventLoop loop, Actor actor, long address) {
        this.loop = loop;
        this.actor = actor;
        this.address = address;
        this.outbound = true;
        this.in = new Frames(loop, actor, this);
    }

    /** An accepted connection. */
    Connection(EventLoop loop, Actor actor, SocketChannel accepted) throws IOException {
        this.loop = loop;
        this.actor = actor;
        this.address = 0;
        this.outbound = false;
        this.in = new Frames(loop, actor, this);
        this.channel = accepted;
        configure(accepted);
        key = accepted.register(loop.selector, SelectionKey.OP_READ, this);
        state = OPEN;
    }

    private static void configure(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, Boolean.TRUE);
    }

    public long address() {
        return address;
    }

    /** Whether the last attempt to reach the peer failed. A sender that has a choice takes another peer. */
    public boolean isSuspect() {
        return suspect;
    }

    /** Connects again and again after a failure even if nothing is sent: then a suspect that is back is noticed. */
    public Connection retryWhileSuspect() {
        retryTimer = new Timer(loop) {
            @Override
            protected void fire() {
                if (state == CLOSED) {
                    connect();
                }
            }
        };
        return this;
    }

    /** Starts a message: write its fields into the result, then call end() or endHeld(). */
    public Writer begin(int type) {
        return out.begin(type);
    }

    /** Ends the message. It is sent at the end of this turn of the event loop, with all others. */
    public void end() {
        endHeld();
        flush();
    }

    /** Ends the message. It is sent after the next flush(). */
    public void endHeld() {
        int length = out.frameLength();
        if (length > MAX_FRAME) {
            Log.error("A message of " + length + " bytes to " + name() + " is larger than 10 MiB and was not sent.");
            out.dropFrame();
        } else if (out.size() > MAX_BACKLOG || (!outbound && state == CLOSED)) {
            out.dropFrame();
        } else {
            out.endFrame();
        }
    }

    /** Sends all messages that have been ended, at the end of this turn. */
    public void flush() {
        if (!dirty) {
            dirty = true;
            loop.flushAtEndOfTurn(this);
        }
    }

    void flushNow() {
        dirty = false;
        if (out.isEmpty()) {
            return;
        }
        if (state == CLOSED && outbound) {
            connect();
        }
        if (state == OPEN && !awaitingWritable) {
            write();
        }
    }

    private void write() {
        try {
            awaitWritable(!out.writeTo(channel, loop.buffer));
        } catch (IOException e) {
            fail(e);
        }
    }

    private void awaitWritable(boolean await) {
        if (await != awaitingWritable) {
            awaitingWritable = await;
            key.interestOps(await ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }
    }

    private void connect() {
        try {
            channel = SocketChannel.open(java.net.StandardProtocolFamily.INET);
            configure(channel);
            if (channel.connect(Address.socketAddress(address))) {
                key = channel.register(loop.selector, SelectionKey.OP_READ, this);
                opened();
            } else {
                key = channel.register(loop.selector, SelectionKey.OP_CONNECT, this);
                state = CONNECTING;
                startConnectTimer();
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private void opened() {
        state = OPEN;
        suspect = false;
        if (Log.isDebug()) {
            Log.debug("Connected " + name() + ".");
        }
    }

    private void startConnectTimer() {
        if (connectTimer == null) {
            connectTimer = new Timer(loop) {
                @Override
                protected void fire() {
                    if (state == CONNECTING) {
                        fail(new IOException("no answer within 3 s"));
                    }
                }
            };
        }
        connectTimer.start(CONNECT_TIMEOUT);
    }

    @Override
    void ready(int operations) {
        if ((operations & SelectionKey.OP_CONNECT) != 0) {
            try {
                channel.finishConnect();
                key.interestOps(SelectionKey.OP_READ);
                connectTimer.stop();
                opened();
                write();
            } catch (IOException e) {
                fail(e);
            }
            return;
        }
        if ((operations & SelectionKey.OP_WRITE) != 0) {
            write();
        }
        if (state == OPEN && (operations & SelectionKey.OP_READ) != 0) {
            read();
        }
    }

    private void read() {
        ByteBuffer buffer = loop.buffer;
        try {
            for (int i = 0; i < MAX_READS_PER_TURN; i++) {
                buffer.clear();
                int n = channel.read(buffer);
                if (n < 0) {
                    fail(new IOException("closed by the other side"));
                    return;
                }
                if (n == 0) {
                    return;
                }
                buffer.flip();
                in.take(buffer, n);
                // A read that did not fill the buffer has drained the socket.
                if (n < buffer.capacity() || state != OPEN) {
                    return;
                }
            }
        } catch (IOException e) {
            fail(e);
        } catch (Reader.Malformed e) {
            Log.warn("Closing the connection " + name() + ", which sent " + e.getMessage() + ".");
            fail(new IOException(e.getMessage()));
        }
    }

    private void fail(IOException reason) {
        if (Log.isDebug()) {
            Log.debug("Connection " + name() + ": " + reason.getMessage() + ".");
        }
        if (key != null) {
            key.cancel();
        }
        if (connectTimer != null) {
            connectTimer.stop();
        }
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            Log.debug("Closing " + name() + ": " + e.getMessage());
        }
        // A retry that fails has lost nothing.
        boolean hasLost = state == OPEN || !out.isEmpty();
        key = null;
        channel = null;
        state = CLOSED;
        awaitingWritable = false;
        out.clear();
        in.forget();
        suspect = true;
        if (retryTimer != null) {
            retryTimer.start(RETRY_PERIOD);
        }
        if (outbound && hasLost) {
            actor.peerDown(this);
        }
    }

    private String name() {
        return outbound ? "to " + Address.text(address) : "from " + (channel == null ? "a closed peer" : channel.socket().getRemoteSocketAddress());
    }
}
