// The requests of clients: each command is led by this replica once, executed once, and answered when it has been executed.
package frankenpaxos.epaxos;

import fpray.runtime.Connection;
import fpray.runtime.Writer;
import fpray.state.StateMachine;

final class Requests {
    private final StateMachine stateMachine;
    private final Proposer proposer;
    private final ClientTable clients = new ClientTable();
    private final Commands commands = new Commands();

    Requests(StateMachine stateMachine, Proposer proposer) {
        this.stateMachine = stateMachine;
        this.proposer = proposer;
    }

    void handleRequest(Connection from, byte[] command) {
        commands.read(command);
        ClientTable.Entry entry = clients.entry(commands.client, commands.pseudonym);
        if (entry.hasExecuted(commands.id)) {
            if (entry.last == commands.id) {
                reply(from, commands.pseudonym, commands.id, entry.result);
            }
            return;
        }
        boolean isUnderWay = entry.asked == commands.id;
        entry.asked = commands.id;
        entry.askedBy = from;
        if (!isUnderWay) {
            proposer.lead(command);
        }
    }

    private static void reply(Connection to, int pseudonym, long id, byte[] result) {
        Writer out = to.begin(Messages.CLIENT_REPLY);
        out.varint(pseudonym);
        out.varint(id);
        out.blob(result);
        to.end();
    }

    /** Another replica has given up the instance of a command, but a client may still wait for the command. */
    void leadAgain(byte[] command) {
        commands.read(command);
        ClientTable.Entry entry = clients.entry(commands.client, commands.pseudonym);
        if (entry.asked == commands.id && !entry.hasExecuted(commands.id)) {
            proposer.lead(command);
        }
    }

    /** Executes a committed command, unless it has been executed before, and answers the client if it asked this replica. */
    void execute(byte[] command) {
        commands.read(command);
        ClientTable.Entry entry = clients.entry(commands.client, commands.pseudonym);
        if (!entry.hasExecuted(commands.id)) {
            entry.executed(commands.id, stateMachine.run(command, commands.from, commands.length));
        }
        if (entry.askedBy != null && entry.asked == commands.id && entry.last == commands.id) {
            reply(entry.askedBy, commands.pseudonym, commands.id, entry.result);
            entry.askedBy = null;
        }
    }
}
