// A table by client and pseudonym. An entry is made when it is first looked for.
package fpray.state;

import fpray.runtime.Reader;
import java.util.HashMap;

public abstract class PseudonymTable<E> {
    private static final int MAX_PSEUDONYMS = 1 << 24;

    protected final HashMap<Long, E[]> clients = new HashMap<Long, E[]>();
    private long lastClient;
    private E[] lastEntries;

    /** Makes an entry. */
    protected abstract E newEntry();

    /** Makes an array without entries. */
    protected abstract E[] newEntries(int length);

    public final E entry(long client, int pseudonym) {
        if (client != lastClient || lastEntries == null) {
            lastClient = client;
            lastEntries = clients.get(client);
        }
        if (lastEntries == null || pseudonym >= lastEntries.length) {
            grow(client, pseudonym);
        }
        E entry = lastEntries[pseudonym];
        if (entry == null) {
            entry = newEntry();
            lastEntries[pseudonym] = entry;
        }
        return entry;
    }

    private void grow(long client, int pseudonym) {
        if (pseudonym >= MAX_PSEUDONYMS) {
            throw new Reader.Malformed("the pseudonym " + pseudonym + ", which is too large");
        }
        E[] grown = newEntries(Math.max(16, pseudonym * 2));
        if (lastEntries != null) {
            System.arraycopy(lastEntries, 0, grown, 0, lastEntries.length);
        }
        clients.put(client, grown);
        lastEntries = grown;
    }

    protected final void clear() {
        clients.clear();
        lastEntries = null;
    }
}
