// One TCP connection: frames in, frames out. Outbound ones (re)connect when something is sent; inbound ones end with their socket.
package fpray.runtime;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

public final class Connection extends Selectable {
    public static final int MAX_FRAME = 10 * 1024 * 1024;
    /** Messages beyond this backlog are dropped: a peer that stands still must not take our heap. */
    private static final int MAX_BACKLOG = 16 * 1024 * 1024;
    private static final int KEEP_CAPACITY = 256 * 1024;
    private static final int FIRST_CAPACITY = 4 * 1024;
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

    private final Writer out = new Writer(FIRST_CAPACITY);
    private int outStart;
    private int frameStart;
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

    /** Whether the last attempt to reach the peer failed; a sender that has a choice takes another one. */
    public boolean isSuspect() {
        return suspect;
    }

    /** Connects again and again after a failure even if nothing is sent, so that a suspect that is back is noticed. */
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

    // Sending ---------------------------------------------------------------------------------------------------

    /** Starts a message; write its fields into what is returned, then call end() or endHeld(). */
    public Writer begin(int type) {
        if (outStart > 0 && outStart > out.end / 2) {
            System.arraycopy(out.bytes, outStart, out.bytes, 0, out.end - outStart);
            out.end -= outStart;
            outStart = 0;
        }
        frameStart = out.end;
        out.reserve(5);
        out.end += 4;
        out.u8(type);
        return out;
    }

    /** Ends the message; it leaves at the end of this turn of the event loop, with all others. */
    public void end() {
        endHeld();
        flush();
    }

    /** Ends the message, which waits until something calls flush(). */
    public void endHeld() {
        int length = out.end - frameStart - 4;
        if (length > MAX_FRAME) {
            Log.error("A message of " + length + " bytes to " + name() + " is larger than 10 MiB and was not sent.");
            out.end = frameStart;
        } else if (out.end - outStart > MAX_BACKLOG || (!outbound && state == CLOSED)) {
            out.end = frameStart;
        } else {
            out.bytes[frameStart] = (byte) (length >>> 24);
            out.bytes[frameStart + 1] = (byte) (length >>> 16);
            out.bytes[frameStart + 2] = (byte) (length >>> 8);
            out.bytes[frameStart + 3] = (byte) length;
        }
    }

    /** Lets everything that has been ended leave at the end of this turn. */
    public void flush() {
        if (!dirty) {
            dirty = true;
            loop.flushAtEndOfTurn(this);
        }
    }

    void flushNow() {
        dirty = false;
        if (out.end == outStart) {
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
        ByteBuffer buffer = loop.buffer;
        try {
            while (outStart < out.end) {
                int n = Math.min(buffer.capacity(), out.end - outStart);
                buffer.clear();
                buffer.put(out.bytes, outStart, n);
                buffer.flip();
                int written = channel.write(buffer);
                outStart += written;
                if (written < n) {
                    awaitWritable(true);
                    return;
                }
            }
        } catch (IOException e) {
            fail(e);
            return;
        }
        awaitWritable(false);
        forgetOutput();
    }

    private void forgetOutput() {
        outStart = 0;
        out.clear();
        if (out.bytes.length > KEEP_CAPACITY) {
            out.bytes = new byte[FIRST_CAPACITY];
        }
    }

    private void awaitWritable(boolean await) {
        if (await != awaitingWritable) {
            awaitingWritable = await;
            key.interestOps(await ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }
    }

    // Connecting ------------------------------------------------------------------------------------------------

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

    // Events ----------------------------------------------------------------------------------------------------

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
        boolean hasLost = state == OPEN || out.end > outStart;
        key = null;
        channel = null;
        state = CLOSED;
        awaitingWritable = false;
        forgetOutput();
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
