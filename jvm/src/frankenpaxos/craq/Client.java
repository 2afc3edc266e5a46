// A client process's end of the protocol: writes to the head, reads from every node in turn, and sends again what is not answered.
package frankenpaxos.craq;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Rotation;
import fpray.runtime.Timer;
import fpray.runtime.UtcTime;
import java.util.ArrayList;

public final class Client extends Actor {
    private final EventLoop loop;
    private final long address;
    private final ClientOptions options;
    private final Connection[] nodes;
    private final Rotation rotation;
    private final Batch writes;
    private final Batch reads;
    private final ArrayList<Session> sessions = new ArrayList<Session>();
    // Ids go on from the clock: a client that comes again at the same address is not taken for the old one.
    private long nextId = UtcTime.epochNanos() / 1000;

    /** A client with the config at that path, which ends the process if it cannot be used. */
    public Client(EventLoop loop, String configPath, long address, ClientOptions options) {
        super("craq_client", Messages.NAMES);
        this.loop = loop;
        this.address = address;
        this.options = options;
        this.nodes = loop.connect(Config.load(configPath).chainNodes, this);
        this.rotation = new Rotation(loop);
        this.writes = new Batch(Messages.WRITE, options.batchSize, options.flushWritesEveryN);
        this.reads = new Batch(Messages.READ, options.batchSize, options.flushReadsEveryN);
    }

    /** The session must have a pseudonym that no other session of this client has or had. */
    public void add(final Session session) {
        while (sessions.size() <= session.pseudonym) {
            sessions.add(null);
        }
        sessions.set(session.pseudonym, session);
        session.resend = new Timer(loop) {
            @Override
            protected void fire() {
                sendAgain(session);
            }
        };
    }

    /** Has session.command, a set of one key, executed by the whole chain. */
    public void write(Session session) {
        session.id = nextId++;
        session.state = Session.WRITING;
        send(session);
    }

    /** Has session.command, a get of one key, answered by one node. */
    public void read(Session session) {
        session.id = nextId++;
        session.state = Session.READING;
        send(session);
    }

    private void send(Session session) {
        if (session.state == Session.WRITING) {
            Messages.write(writes.requests, address, session.pseudonym, session.id, session.command);
            if (writes.isFullWithOneMore()) {
                writes.send(nodes[0]);
            }
            session.resend.start(options.resendClientRequestPeriod);
        } else {
            Messages.read(reads.requests, session.pseudonym, session.id, session.command);
            if (reads.isFullWithOneMore()) {
                reads.send(rotation.of(nodes));
            }
            session.resend.start(options.resendReadRequestPeriod);
        }
    }

    /** An answer is overdue. What waits for a full batch, or to be flushed with others, would wait for ever if all others wait, too. */
    private void sendAgain(Session session) {
        if (session.state == Session.IDLE) {
            return;
        }
        send(session);
        writes.send(nodes[0]);
        reads.send(rotation.next(nodes));
        writes.flush();
        reads.flush();
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type != Messages.WRITE_REPLY && type != Messages.READ_REPLY) {
            throw unexpected(type);
        }
        int pseudonym = in.smallVarint();
        long id = in.varint();
        Session session = pseudonym < sessions.size() ? sessions.get(pseudonym) : null;
        if (session == null || session.id != id || session.state == Session.IDLE) {
            return;
        }
        session.state = Session.IDLE;
        session.resend.stop();
        session.answered(in.blob());
    }
}
