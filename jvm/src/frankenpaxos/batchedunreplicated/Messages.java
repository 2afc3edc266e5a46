// The wire format between client, batcher, server and proxy server.
package frankenpaxos.batchedunreplicated;

import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class Messages {
    /** client address, pseudonym, request number, command blob. */
    static final int CLIENT_REQUEST = 0;
    /** client request*. */
    static final int CLIENT_REQUEST_BATCH = 1;
    /** pseudonym, request number, result blob. */
    static final int CLIENT_REPLY = 2;
    /** (client address, client reply)*. */
    static final int CLIENT_REPLY_BATCH = 3;
    static final String[] NAMES = {"ClientRequest", "ClientRequestBatch", "ClientReply", "ClientReplyBatch"};

    private Messages() {}

    static void request(Writer to, long client, long pseudonym, long number, Writer command) {
        to.varint(client);
        to.varint(pseudonym);
        to.varint(number);
        to.blob(command.bytes, 0, command.end);
    }

    /** Skips a client reply. */
    static void skipReply(Reader in) {
        in.varint();
        in.varint();
        in.skip(in.blobLength());
    }
}
