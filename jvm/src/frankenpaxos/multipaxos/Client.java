// A client process's end of the protocol: writes through batchers or the leader, reads of three consistencies, resends.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.FlushEvery;
import fpray.runtime.Reader;
import fpray.runtime.Rotation;
import fpray.runtime.Timer;
import fpray.runtime.UtcTime;
import fpray.runtime.Writer;
import java.util.ArrayList;

public final class Client extends Actor {
    private final EventLoop loop;
    private final long address;
    private final ClientOptions options;
    private final LeaderFinder leader;
    private final Connection[] batchers;
    private final Connection[] readBatchers;
    private final Connection[] replicas;
    private final Quorums quorums;
    private final Connection[] asked;
    private final FlushEvery writes;
    private final FlushEvery reads;
    private final Rotation rotation;
    private final ArrayList<Session> sessions = new ArrayList<Session>();
    // Ids go on from the clock: a client that comes again at the same address is not taken for the old one.
    private long nextId = UtcTime.epochNanos() / 1000;

    /** A client with the config at that path, which ends the process if it cannot be used. */
    public Client(EventLoop loop, String configPath, long address, ClientOptions options) {
        this(loop, Config.load(configPath), address, options);
    }

    private Client(EventLoop loop, Config config, long address, ClientOptions options) {
        super("multipaxos_client", Messages.NAMES);
        this.loop = loop;
        this.address = address;
        this.options = options;
        this.batchers = loop.connect(config.batchers, this);
        this.readBatchers = loop.connect(config.readBatchers, this);
        this.replicas = loop.connect(config.replicas, this);
        this.quorums = new Quorums(config, loop, this);
        this.asked = new Connection[quorums.maxWriters()];
        this.rotation = new Rotation(loop);
        this.writes = new FlushEvery(options.flushWritesEveryN);
        this.reads = new FlushEvery(options.flushReadsEveryN);
        this.leader = new LeaderFinder(loop, config, this) {
            @Override
            boolean hasWork() {
                return batchers.length == 0 && isWriting();
            }

            @Override
            void found() {
                sendWritesAgain();
            }
        };
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

    // Writes ----------------------------------------------------------------------------------------------------

    /** Has session.command executed in the log. */
    public void write(Session session) {
        session.id = nextId++;
        session.state = Session.WRITING;
        sendWrite(session, batchers.length == 0 ? leader.leader() : rotation.of(batchers));
        session.resend.start(options.resendClientRequestPeriod);
    }

    private void sendWrite(Session session, Connection to) {
        Messages.command(to.begin(Messages.CLIENT_REQUEST), address, session.pseudonym, session.id, session.command.bytes, session.command.end);
        writes.end(to);
    }

    private boolean isWriting() {
        for (int i = 0; i < sessions.size(); i++) {
            if (sessions.get(i) != null && sessions.get(i).state == Session.WRITING) {
                return true;
            }
        }
        return false;
    }

    private void sendWritesAgain() {
        for (int i = 0; i < sessions.size(); i++) {
            Session session = sessions.get(i);
            if (session != null && session.state == Session.WRITING) {
                sendWrite(session, leader.leader());
                session.resend.start(options.resendClientRequestPeriod);
            }
        }
        writes.flush();
    }

    // Reads -----------------------------------------------------------------------------------------------------

    /** Has session.command, which must not change anything, executed with the consistency of the options. */
    public void read(Session session) {
        session.id = nextId++;
        if (options.readConsistency.equals("eventual")) {
            startReading(session, Messages.EVENTUAL_READ_REQUEST, -1, options.resendEventualReadRequestPeriod);
        } else if (options.readConsistency.equals("sequential")) {
            startReading(session, Messages.SEQUENTIAL_READ_REQUEST, session.largestSlot, options.resendSequentialReadRequestPeriod);
        } else if (readBatchers.length > 0) {
            startReading(session, Messages.READ_REQUEST, -1, options.resendReadRequestPeriod);
        } else {
            session.state = Session.ASKING_MAX_SLOT;
            askAcceptors(session, false);
        }
    }

    /** Sends the read to a read batcher, or to a replica, which will wait for the slot. */
    private void startReading(Session session, int readType, long slot, long resendPeriod) {
        session.state = Session.READING;
        session.readType = readType;
        session.readSlot = slot;
        session.resendPeriod = resendPeriod;
        sendRead(session, rotation.of(readPeers()));
    }

    private Connection[] readPeers() {
        return readBatchers.length > 0 ? readBatchers : replicas;
    }

    private void sendRead(Session session, Connection to) {
        Writer out = to.begin(session.readType);
        out.varintFromMinusOne(session.readSlot);
        Messages.command(out, address, session.pseudonym, session.id, session.command.bytes, session.command.end);
        reads.end(to);
        session.resend.start(session.resendPeriod);
    }

    private void askAcceptors(Session session, boolean everybody) {
        session.group = quorums.nextReadGroup();
        session.answered = 0;
        session.maxSlot = -1;
        int count = everybody ? quorums.everyReader(session.group, asked) : quorums.readQuorum(session.group, asked);
        for (int i = 0; i < count; i++) {
            Writer out = asked[i].begin(Messages.MAX_SLOT_REQUEST);
            out.varint(session.pseudonym);
            out.varint(session.id);
            reads.end(asked[i]);
        }
        session.resend.start(options.resendMaxSlotRequestsPeriod);
    }

    // Messages --------------------------------------------------------------------------------------------------

    @Override
    protected void receive(Connection from, int type, Reader in) {
        switch (type) {
            case Messages.CLIENT_REPLY:
            case Messages.READ_REPLY:
                handleReply(in.smallVarint(), in.varint(), in.varintFromMinusOne(), in);
                break;
            case Messages.MAX_SLOT_REPLY:
                handleMaxSlotReply(in.smallVarint(), in.varint(), in);
                break;
            case Messages.NOT_LEADER_CLIENT:
                leader.refused();
                break;
            case Messages.LEADER_INFO_REPLY:
                leader.handleLeaderInfo(in.varint());
                break;
            default:
                throw unexpected(type);
        }
    }

    private Session sessionOf(int pseudonym, long id) {
        Session session = pseudonym < sessions.size() ? sessions.get(pseudonym) : null;
        return session == null || session.id != id ? null : session;
    }

    private void handleReply(int pseudonym, long id, long slot, Reader in) {
        Session session = sessionOf(pseudonym, id);
        if (session == null || session.state == Session.IDLE) {
            return;
        }
        session.state = Session.IDLE;
        session.resend.stop();
        session.largestSlot = Math.max(session.largestSlot, slot);
        session.answered(in.blob());
    }

    private void handleMaxSlotReply(int pseudonym, long id, Reader in) {
        int group = in.smallVarint();
        int index = in.smallVarint();
        Session session = sessionOf(pseudonym, id);
        if (session == null || session.state != Session.ASKING_MAX_SLOT || session.group != group) {
            return;
        }
        session.answered |= 1L << index;
        session.maxSlot = Math.max(session.maxSlot, in.varintFromMinusOne());
        if (quorums.isReadQuorum(session.answered)) {
            long slot = quorums.readSlot(group, session.maxSlot, options.unsafeReadAtFirstSlot, options.unsafeReadAtI);
            startReading(session, Messages.READ_REQUEST, slot, options.resendReadRequestPeriod);
        }
    }

    // Resending -------------------------------------------------------------------------------------------------

    /** An answer is overdue: send again, to somebody else where there is a choice. */
    private void sendAgain(Session session) {
        if (session.state == Session.WRITING) {
            if (batchers.length == 0) {
                leader.ask();
                sendWrite(session, leader.leader());
            } else {
                sendWrite(session, rotation.next(batchers));
            }
            session.resend.start(options.resendClientRequestPeriod);
        } else if (session.state == Session.ASKING_MAX_SLOT) {
            askAcceptors(session, true);
        } else if (session.state == Session.READING) {
            sendRead(session, rotation.next(readPeers()));
        }
        // What is held back to be flushed with others would be held back for ever if all others wait too.
        writes.flush();
        reads.flush();
    }

    @Override
    protected void peerDown(Connection peer) {
        if (leader.isLeader(peer)) {
            leader.broken();
        }
    }
}
