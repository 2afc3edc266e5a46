// The last executed command of every client pseudonym, so that a command that arrives twice is executed once.
package fpray.state;

import fpray.runtime.Reader;
import fpray.runtime.Writer;
import java.util.Iterator;
import java.util.Map;

public final class ClientTable extends PseudonymTable<ClientTable.Entry> {
    public static final class Entry {
        public long id = -1;
        public byte[] result;
    }

    @Override
    protected Entry newEntry() {
        return new Entry();
    }

    @Override
    protected Entry[] newEntries(int length) {
        return new Entry[length];
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
        clear();
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
