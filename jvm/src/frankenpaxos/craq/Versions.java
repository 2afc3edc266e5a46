// The copy of a node: of every key the last committed version that the node knows, and the versions on their way down the chain.
package frankenpaxos.craq;

import java.util.HashMap;

final class Versions {
    /** A key of the store. */
    static final class Key {
        final String name;
        private byte[] value;
        private long version;
        // The versions on their way, oldest first.
        private Write first;
        private Write last;

        private Key(String name) {
            this.name = name;
        }

        boolean isDirty() {
            return first != null;
        }

        /** The last version that is known to be committed. */
        long version() {
            return version;
        }

        /** The last value that is known to be committed; null if there is none. */
        byte[] value() {
            return value;
        }

        /** The value of a version that the tail has committed, or of a later committed version. */
        byte[] committedAt(long asked) {
            for (Write write = first; write != null && asked > version; write = write.newer) {
                if (write.version == asked) {
                    return write.value;
                }
            }
            return value;
        }
    }

    /** A write on its way down the chain. */
    static final class Write {
        final long version;
        final Key key;
        final byte[] value;
        // The client and its command, for the next nodes of the chain.
        final long client;
        final int pseudonym;
        final long id;
        final byte[] command;
        private Write newer;
        private Write next;

        Write(long version, Key key, byte[] value, long client, int pseudonym, long id, byte[] command) {
            this.version = version;
            this.key = key;
            this.value = value;
            this.client = client;
            this.pseudonym = pseudonym;
            this.id = id;
            this.command = command;
        }

        /** The next write in the order of the chain; null if it has not arrived. */
        Write next() {
            return next;
        }
    }

    private final HashMap<String, Key> keys = new HashMap<String, Key>();
    private Write first;
    private Write last;
    private long lastVersion;
    private long committed;

    /** The key with that name; null if it was never written. */
    Key get(String name) {
        return keys.get(name);
    }

    Key getOrAdd(String name) {
        Key key = keys.get(name);
        if (key == null) {
            key = new Key(name);
            keys.put(name, key);
        }
        return key;
    }

    /** The version of the last write that has arrived. */
    long lastVersion() {
        return lastVersion;
    }

    /** All versions up to this one are known to be committed. */
    long committed() {
        return committed;
    }

    /** The oldest write on its way; null if all are committed. */
    Write oldest() {
        return first;
    }

    /** Adds a write; its version must be lastVersion() + 1. */
    void add(Write write) {
        if (write.version != lastVersion + 1) {
            throw new IllegalStateException("Version " + write.version + " follows " + lastVersion + ".");
        }
        lastVersion = write.version;
        if (first == null) {
            first = write;
        } else {
            last.next = write;
        }
        last = write;
        Key key = write.key;
        if (key.first == null) {
            key.first = write;
        } else {
            key.last.newer = write;
        }
        key.last = write;
    }

    /** Commits the oldest write on its way. */
    Write commitOldest() {
        Write write = first;
        first = write.next;
        Key key = write.key;
        key.first = write.newer;
        // Without this, a key that was written once would keep all later writes in memory.
        write.next = null;
        write.newer = null;
        key.value = write.value;
        key.version = write.version;
        committed = write.version;
        return write;
    }
}
