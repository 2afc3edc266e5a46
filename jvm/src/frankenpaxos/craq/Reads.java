// The reads of a chain node. A clean key is read from this node's copy; for a dirty key, the node asks the tail for its version.
package frankenpaxos.craq;

import fpray.runtime.Connection;
import fpray.runtime.Reader;
import fpray.runtime.Writer;
import fpray.state.KeyValueCommands;
import java.util.HashMap;

final class Reads {
    /** A read that waits for the tail's answer. */
    private static final class DirtyRead {
        final Connection from;
        final long pseudonym;
        final long id;
        final Versions.Key key;

        DirtyRead(Connection from, long pseudonym, long id, Versions.Key key) {
            this.from = from;
            this.pseudonym = pseudonym;
            this.id = id;
            this.key = key;
        }
    }

    private final Versions versions;
    // Null at the tail, which has no dirty keys.
    private final Connection tail;
    private final HashMap<Long, DirtyRead> dirtyReads = new HashMap<Long, DirtyRead>();
    private long nextDirtyRead;

    Reads(Versions versions, Connection tail) {
        this.versions = versions;
        this.tail = tail;
    }

    void handleRead(Connection from, long pseudonym, long id, Reader in) {
        int end = in.blobLength() + in.at;
        if (!KeyValueCommands.isSingleKeyGet(in)) {
            throw new Reader.Malformed("a set where a get is expected");
        }
        Versions.Key key = versions.get(KeyValueCommands.readString(in));
        in.at = end;
        if (key == null || !key.isDirty()) {
            reply(from, pseudonym, id, key == null ? null : key.value());
            return;
        }
        dirtyReads.put(nextDirtyRead, new DirtyRead(from, pseudonym, id, key));
        Writer out = tail.begin(Messages.VERSION_REQUEST);
        out.varint(nextDirtyRead++);
        KeyValueCommands.key(out, key.name);
        tail.end();
    }

    void handleVersionRequest(Connection from, long number, String name) {
        Versions.Key key = versions.get(name);
        Writer out = from.begin(Messages.VERSION_REPLY);
        out.varint(number);
        out.varint(key == null ? 0 : key.version());
        from.end();
    }

    void handleVersionReply(long number, long version) {
        DirtyRead read = dirtyReads.remove(number);
        if (read != null) {
            reply(read.from, read.pseudonym, read.id, read.key.committedAt(version));
        }
    }

    private static void reply(Connection to, long pseudonym, long id, byte[] value) {
        Writer out = to.begin(Messages.READ_REPLY);
        out.varint(pseudonym);
        out.varint(id);
        KeyValueCommands.singleResult(out, value);
        to.end();
    }

    /** The tail does not answer the dirty reads any more; their clients ask again. */
    void tailDown() {
        dirtyReads.clear();
    }
}
