// The wire format between client and server.
//   ClientRequest: loop, request number, command.   ClientReply: loop, request number, result.
package frankenpaxos.unreplicated;

final class Messages {
    static final int CLIENT_REQUEST = 0;
    static final int CLIENT_REPLY = 1;
    static final String[] NAMES = {"ClientRequest", "ClientReply"};

    private Messages() {}
}
