// Connections to clients, by address. They are made when there is something to send, and forgotten when they break.
package fpray.runtime;

import java.util.HashMap;

public final class ClientConnections {
    private final EventLoop loop;
    private final Actor actor;
    private final HashMap<Long, Connection> connections = new HashMap<Long, Connection>();
    private Connection last;

    public ClientConnections(EventLoop loop, Actor actor) {
        this.loop = loop;
        this.actor = actor;
    }

    public Connection to(long address) {
        if (last != null && last.address() == address) {
            return last;
        }
        Connection connection = connections.get(address);
        if (connection == null) {
            connection = loop.connect(address, actor);
            connections.put(address, connection);
        }
        last = connection;
        return connection;
    }

    public void forget(Connection connection) {
        if (last == connection) {
            last = null;
        }
        connections.remove(connection.address(), connection);
    }
}
