// The executed commands of every client pseudonym. Replicas execute commands that do not conflict in different orders, and may execute
// a later command of a pseudonym before an earlier one. So all numbers count, not only the largest.
package frankenpaxos.epaxos;

import fpray.runtime.Connection;
import fpray.state.PseudonymTable;
import java.util.HashSet;

final class ClientTable extends PseudonymTable<ClientTable.Entry> {
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

    @Override
    protected Entry newEntry() {
        return new Entry();
    }

    @Override
    protected Entry[] newEntries(int length) {
        return new Entry[length];
    }
}
