// A client process's end of the protocol: proposes to any replica, and again to another one when an answer is overdue.
package frankenpaxos.epaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Rotation;
import fpray.runtime.Timer;
import fpray.runtime.UtcTime;
import fpray.runtime.Writer;
import java.util.ArrayList;

public final class Client extends Actor {
    private final EventLoop loop;
    private final Connection[] replicas;
    private final Rotation rotation;
    private final long reproposePeriod;
    // Not the address alone: a client that comes again at the same address is not taken for the old one.
    private final long name;
    private final ArrayList<Session> sessions = new ArrayList<Session>();

    /** A client with the config at that path, which ends the process if it cannot be used. */
    public Client(EventLoop loop, String configPath, long address, Flags flags) {
        super("epaxos_client", Messages.NAMES);
        this.loop = loop;
        this.replicas = loop.connect(Config.load(configPath).replicas, this);
        this.rotation = new Rotation(loop);
        this.reproposePeriod = flags.nanos("--options.reproposePeriod");
        this.name = UtcTime.epochNanos() ^ Long.rotateLeft(address * 0x9E3779B97F4A7C15L, 32);
    }

    public static Flags flags(Flags flags) {
        return flags.optional("--options.reproposePeriod", FlagType.DURATION, "10s");
    }

    /** The session must have a pseudonym that no other session of this client has or had. */
    public void add(final Session session) {
        while (sessions.size() <= session.pseudonym) {
            sessions.add(null);
        }
        sessions.set(session.pseudonym, session);
        session.repropose = new Timer(loop) {
            @Override
            protected void fire() {
                send(session, rotation.next(replicas));
            }
        };
    }

    /** Has session.command executed. */
    public void propose(Session session) {
        session.id++;
        session.isWaiting = true;
        send(session, rotation.of(replicas));
    }

    private void send(Session session, Connection to) {
        Writer out = to.begin(Messages.CLIENT_REQUEST);
        out.i64(name);
        out.varint(session.pseudonym);
        out.varint(session.id);
        out.blob(session.command.bytes, 0, session.command.end);
        to.end();
        session.repropose.start(reproposePeriod);
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type != Messages.CLIENT_REPLY) {
            throw unexpected(type);
        }
        int pseudonym = in.smallVarint();
        long id = in.varint();
        Session session = pseudonym < sessions.size() ? sessions.get(pseudonym) : null;
        if (session != null && session.isWaiting && session.id == id) {
            session.isWaiting = false;
            session.repropose.stop();
            session.answered(in.blob());
        }
    }
}
