// The last executed command of every client pseudonym, so that a command that arrives twice is executed once.
package fpray.state;

import fpray.runtime.Reader;
import fpray.runtime.Writer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

public final class ClientTable {
    public static final class Entry {
        public long id = -1;
        public byte[] result;
    }

    private static final int MAX_PSEUDONYMS = 1 << 24;

    private final HashMap<Long, Entry[]> clients = new HashMap<Long, Entry[]>();
    private long lastClient = -1;
    private Entry[] lastEntries;

    public Entry entry(long client, int pseudonym) {
        if (client != lastClient) {
            lastEntries = clients.get(client);
            lastClient = client;
        }
        if (lastEntries == null || pseudonym >= lastEntries.length) {
            grow(client, pseudonym);
        }
        Entry entry = lastEntries[pseudonym];
        if (entry == null) {
            entry = new Entry();
            lastEntries[pseudonym] = entry;
        }
        return entry;
    }

    private void grow(long client, int pseudonym) {
        if (pseudonym >= MAX_PSEUDONYMS) {
            throw new Reader.Malformed("the pseudonym " + pseudonym + ", which is too large");
        }
        Entry[] grown = new Entry[Math.max(16, pseudonym * 2)];
        if (lastEntries != null) {
            System.arraycopy(lastEntries, 0, grown, 0, lastEntries.length);
        }
        clients.put(client, grown);
        lastEntries = grown;
    }

    public void save(Writer to) {
        to.varint(clients.size());
        for (Iterator<Map.Entry<Long, Entry[]>> i = clients.entrySet().iterator(); i.hasNext(); ) {
            Map.Entry<Long, Entry[]> client = i.next();
            to.varint(client.getKey());
            Entry[] entries = client.getValue();
            to.varint(entries.length);
            for (int pseudonym = 0; pseudonym < entries.length; pseudonym++) {
                Entry entry = entries[pseudonym];
                to.u8(entry == null || entry.result == null ? 0 : 1);
                if (entry != null && entry.result != null) {
                    to.varint(entry.id);
                    to.blob(entry.result);
                }
            }
        }
    }

    public void load(Reader from) {
        clients.clear();
        lastClient = -1;
        lastEntries = null;
        for (int left = from.smallVarint(); left > 0; left--) {
            long client = from.varint();
            Entry[] entries = new Entry[from.smallVarint()];
            for (int pseudonym = 0; pseudonym < entries.length; pseudonym++) {
                if (from.u8() == 1) {
                    Entry entry = new Entry();
                    entry.id = from.varint();
                    entry.result = from.blob();
                    entries[pseudonym] = entry;
                }
            }
            clients.put(client, entries);
        }
    }
}
