// The unreplicated server: executes every request at once, and answers on the same connection.
package frankenpaxos.unreplicated;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.FlushEvery;
import fpray.runtime.Reader;
import fpray.runtime.Writer;
import fpray.state.StateMachine;

final class Server extends Actor {
    private final StateMachine stateMachine;
    private final FlushEvery replies;

    Server(StateMachine stateMachine, int flushEveryN) {
        super("unreplicated_server", Messages.NAMES);
        this.stateMachine = stateMachine;
        this.replies = new FlushEvery(flushEveryN);
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type != Messages.CLIENT_REQUEST) {
            throw unexpected(type);
        }
        long pseudonym = in.varint();
        long number = in.varint();
        int length = in.blobLength();
        byte[] result = stateMachine.run(in.bytes, in.at, length);
        Writer out = from.begin(Messages.CLIENT_REPLY);
        out.varint(pseudonym);
        out.varint(number);
        out.blob(result);
        replies.end(from);
    }
}
