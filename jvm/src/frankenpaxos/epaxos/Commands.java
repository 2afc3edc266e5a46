// Reads commands as clients send them: the client, its pseudonym, the number of its request, and what is for the state machine.
package frankenpaxos.epaxos;

import fpray.runtime.Reader;

final class Commands {
    private final Reader in = new Reader();
    long client;
    int pseudonym;
    long id;
    /** The state machine's part: bytes[from, from + length). */
    int from;
    int length;

    Commands read(byte[] command) {
        in.set(command, 0, command.length);
        client = in.i64();
        pseudonym = in.smallVarint();
        id = in.varint();
        length = in.blobLength();
        from = in.at;
        return this;
    }
}
