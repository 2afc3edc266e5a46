// Connections to clients by their address, made when there is something to say and forgotten when they break.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import java.util.HashMap;

final class ClientConnections {
    private final EventLoop loop;
    private final Actor actor;
    private final HashMap<Long, Connection> connections = new HashMap<Long, Connection>();
    private Connection last;

    ClientConnections(EventLoop loop, Actor actor) {
        this.loop = loop;
        this.actor = actor;
    }

    Connection to(long address) {
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

    void forget(Connection connection) {
        if (last == connection) {
            last = null;
        }
        connections.remove(connection.address(), connection);
    }
}
