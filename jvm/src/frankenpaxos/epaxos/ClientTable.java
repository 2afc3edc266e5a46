// The executed commands of every client pseudonym. Replicas execute commands that do not conflict in different orders, and may execute
// a later command of a pseudonym before an earlier one. So all numbers count, not only the largest.
package frankenpaxos.epaxos;

import fpray.runtime.Connection;
import fpray.runtime.Reader;
import java.util.HashMap;
import java.util.HashSet;

final class ClientTable {
    static final class Entry {
        /** All numbers below this one have been executed, and the numbers in the set. */
        private long executedBelow;
        private HashSet<Long> executed;
        /** The largest number that has been executed, and its result. */
        long last = -1;
        byte[] result;
        /** The largest number that this replica has been asked for, and the connection that has asked. */
        long asked = -1;
        Connection askedBy;

        boolean hasExecuted(long id) {
            return id < executedBelow || executed != null && executed.contains(id);
        }

        void executed(long id, byte[] itsResult) {
            if (id > last) {
                last = id;
                result = itsResult;
            }
            if (id > executedBelow) {
                if (executed == null) {
                    executed = new HashSet<Long>();
                }
                executed.add(id);
                return;
            }
            executedBelow++;
            if (executed != null) {
                while (executed.remove(executedBelow)) {
                    executedBelow++;
                }
                if (executed.isEmpty()) {
                    executed = null;
                }
            }
        }
    }

    private static final int MAX_PSEUDONYMS = 1 << 24;

    private final HashMap<Long, Entry[]> clients = new HashMap<Long, Entry[]>();
    private long lastClient;
    private Entry[] lastEntries;

    Entry entry(long client, int pseudonym) {
        if (client != lastClient || lastEntries == null) {
            lastClient = client;
            lastEntries = clients.get(client);
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
}
