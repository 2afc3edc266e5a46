// A listening socket. All its connections belong to one actor.
package fpray.runtime;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

final class Listener extends Selectable {
    private static final int BACKLOG = 1024;

    private final EventLoop loop;
    private final Actor actor;
    private final ServerSocketChannel channel;

    Listener(EventLoop loop, Actor actor, long address) throws IOException {
        this.loop = loop;
        this.actor = actor;
        channel = ServerSocketChannel.open(StandardProtocolFamily.INET);
        channel.bind(Address.socketAddress(address), BACKLOG);
        channel.configureBlocking(false);
        channel.register(loop.selector, SelectionKey.OP_ACCEPT, this);
    }

    @Override
    void ready(int operations) {
        try {
            SocketChannel accepted = channel.accept();
            if (accepted == null) {
                return;
            }
            if (Log.isDebug()) {
                Log.debug("Accepted a connection from " + accepted.socket().getRemoteSocketAddress() + ".");
            }
            new Connection(loop, actor, accepted);
        } catch (IOException e) {
            Log.warn("A connection could not be accepted: " + e.getMessage());
        }
    }
}
