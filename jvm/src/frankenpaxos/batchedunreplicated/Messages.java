// The wire format between client, batcher, server and proxy server.
package frankenpaxos.batchedunreplicated;

import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class Messages {
    /** client address, loop, request number, command blob. */
    static final int CLIENT_REQUEST = 0;
    /** As many client requests. */
    static final int CLIENT_REQUEST_BATCH = 1;
    /** loop, request number, result blob. */
    static final int CLIENT_REPLY = 2;
    /** As many (client address, client reply). */
    static final int CLIENT_REPLY_BATCH = 3;
    static final String[] NAMES = {"ClientRequest", "ClientRequestBatch", "ClientReply", "ClientReplyBatch"};

    private Messages() {}

    static void request(Writer to, long client, long loop, long number, Writer command) {
        to.varint(client);
        to.varint(loop);
        to.varint(number);
        to.blob(command.bytes, 0, command.end);
    }

    /** Goes on to the end of a client reply. */
    static void skipReply(Reader in) {
        in.varint();
        in.varint();
        in.skip(in.blobLength());
    }
}
