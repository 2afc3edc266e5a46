// The options flushEveryN, flushPhase2asEveryN, and so on: messages are held back until N of them have been written.
package fpray.runtime;

public final class FlushEvery {
    private final int every;
    private int held;
    private Connection[] connections = new Connection[4];
    private int count;

    public FlushEvery(int every) {
        this.every = every;
    }

    /** Ends a message that was begun on the connection. */
    public void end(Connection connection) {
        if (every <= 1) {
            connection.end();
            return;
        }
        connection.endHeld();
        remember(connection);
        if (++held >= every) {
            flush();
        }
    }

    public void flush() {
        for (int i = 0; i < count; i++) {
            connections[i].flush();
            connections[i] = null;
        }
        count = 0;
        held = 0;
    }

    private void remember(Connection connection) {
        for (int i = 0; i < count; i++) {
            if (connections[i] == connection) {
                return;
            }
        }
        if (count == connections.length) {
            Connection[] grown = new Connection[count * 2];
            System.arraycopy(connections, 0, grown, 0, count);
            connections = grown;
        }
        connections[count++] = connection;
    }
}
