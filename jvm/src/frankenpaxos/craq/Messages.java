// The wire format between clients and chain nodes. A version is the number of a write in the order of the head, from 1; a key that was
// never written has version 0.
package frankenpaxos.craq;

import fpray.runtime.Writer;

final class Messages {
    /** To the head, a batch of a client: (client address, pseudonym, id, command blob)*. */
    static final int WRITE = 0;
    /** Down the chain: version, client address, pseudonym, id, command blob. */
    static final int CHAIN_WRITE = 1;
    /** Up the chain: version; the tail has committed it, and all before it. */
    static final int ACK = 2;
    /** From the tail to the client: pseudonym, id, result blob. */
    static final int WRITE_REPLY = 3;
    /** To any node, a batch of a client: (pseudonym, id, command blob)*. */
    static final int READ = 4;
    /** Back to the client: pseudonym, id, result blob. */
    static final int READ_REPLY = 5;
    /** From a node with a dirty copy to the tail: a number that the reply repeats, key blob. */
    static final int VERSION_REQUEST = 6;
    /** The number, the version of the key at the tail. */
    static final int VERSION_REPLY = 7;
    static final String[] NAMES = {"Write", "ChainWrite", "Ack", "WriteReply", "Read", "ReadReply", "VersionRequest", "VersionReply"};

    private Messages() {}

    static void write(Writer to, long client, long pseudonym, long id, Writer command) {
        to.varint(client);
        read(to, pseudonym, id, command);
    }

    static void read(Writer to, long pseudonym, long id, Writer command) {
        to.varint(pseudonym);
        to.varint(id);
        to.blob(command.bytes, 0, command.end);
    }
}
