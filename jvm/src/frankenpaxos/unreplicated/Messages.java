// The wire format between client and server.
//   ClientRequest: pseudonym, request number, command.   ClientReply: pseudonym, request number, result.
package frankenpaxos.unreplicated;

final class Messages {
    static final int CLIENT_REQUEST = 0;
    static final int CLIENT_REPLY = 1;
    static final String[] NAMES = {"ClientRequest", "ClientReply"};

    private Messages() {}
}
