// Reads a command as clients send it: the client, its pseudonym, the number of the request, and the command of the state machine.
package frankenpaxos.epaxos;

import fpray.runtime.Reader;

final class Commands {
    private final Reader in = new Reader();
    long client;
    int pseudonym;
    long id;
    /** The command of the state machine: bytes[from, from + length). */
    int from;
    int length;

    void read(byte[] command) {
        in.set(command, 0, command.length);
        client = in.i64();
        pseudonym = in.smallVarint();
        id = in.varint();
        length = in.blobLength();
        from = in.at;
    }
}
