// One role of a protocol: what it does with each message, and how many messages it has received.
package fpray.runtime;

public abstract class Actor {
    /** Message types are small numbers; their names are for metrics and errors. */
    private final String[] messageNames;
    private final String metricsName;
    private final long[] received;
    private final long[] nanos;
    private boolean timed;

    protected Actor(String metricsName, String[] messageNames) {
        this.metricsName = metricsName;
        this.messageNames = messageNames;
        this.received = new long[messageNames.length];
        this.nanos = new long[messageNames.length];
    }

    /** Handles one message. `in` is only valid during the call. */
    protected abstract void receive(Connection from, int type, Reader in);

    /** An outbound connection could not be made, or broke: its messages may be lost. Send from a timer, not from here. */
    protected void peerDown(Connection peer) {}

    /** All messages of this turn have been handled. What is sent here still goes out in this turn. */
    protected void endOfTurn() {}

    final void handle(Connection from, Reader in) {
        int type = in.u8();
        if (type >= messageNames.length) {
            throw new Reader.Malformed("a message of the unknown type " + type);
        }
        received[type]++;
        boolean isTimed = timed;
        long start = isTimed ? System.nanoTime() : 0;
        Burn.message();
        receive(from, type, in);
        if (isTimed) {
            nanos[type] += System.nanoTime() - start;
        }
    }

    protected final Reader.Malformed unexpected(int type) {
        return new Reader.Malformed("a message " + messageNames[type] + " that " + metricsName + " does not take");
    }

    /** Times every handler from now on, for the metrics' latencies. */
    public void timeHandlers() {
        timed = true;
    }

    public final boolean areHandlersTimed() {
        return timed;
    }

    public final String metricsName() {
        return metricsName;
    }

    public final String[] messageNames() {
        return messageNames;
    }

    public final long received(int type) {
        return received[type];
    }

    public final long handlerNanos(int type) {
        return nanos[type];
    }
}
