// A leader: gives every command a slot, in a round of its own that it first gets promised by acceptors (phase 1).
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.FlushEvery;
import fpray.runtime.Log;
import fpray.runtime.Reader;
import fpray.runtime.Rotation;
import fpray.runtime.Timer;
import fpray.runtime.Writer;
import java.util.ArrayList;
import java.util.Random;

final class Leader extends Actor {
    private static final long RETRY_NANOS = 100_000_000L;
    private static final long MAX_BACKOFF_NANOS = 50_000_000L;
    private static final int MAX_WAITING = 100_000;
    private static final int MAX_FILL = 10_000;

    /** Somebody else leads, as far as the election knows. */
    private static final int FOLLOWER = 0;
    /** We lead, but have just met a higher round: a random moment until we try a still higher one. */
    private static final int BACKOFF = 1;
    /** Acceptors are being asked for promises and votes. */
    private static final int PHASE_1 = 2;
    /** Commands get slots. */
    private static final int PHASE_2 = 3;

    private final Rotation rotation;
    private final Config config;
    private final int index;
    private final long resendPhase1asPeriod;
    private final Quorums quorums;
    private final Connection[] proxyLeaders;
    private final Connection[] batchers;
    private final FlushEvery phase2as;
    private final int flushEveryN;
    private final Random random = new Random();
    private final Timer resendPhase1as;
    private final Timer newRound;

    private int state = FOLLOWER;
    // The highest round known; our own in phases 1 and 2, and only then. The clock (in 10 ms since 2026) is where we begin:
    // a leader that is started again must not use a round of its former life, whose messages may still be on their way.
    private long round = Math.max(0, System.currentTimeMillis() - 1_767_225_600_000L) / 10;
    private Phase1 phase1;
    // Values that came while we lead but are not in phase 2.
    private final ArrayList<byte[]> waiting = new ArrayList<byte[]>();
    private long nextSlot;
    private long chosenWatermark;
    // Where phase 1 begins, if a replica waits for a slot below the watermark.
    private long recoverFrom = Long.MAX_VALUE;
    private long sentToProxies;

    Leader(EventLoop loop, Config config, int index, long resendPhase1asPeriod, int flushPhase2asEveryN, final long noopFlushPeriod) {
        super("multipaxos_leader", Messages.NAMES);
        this.rotation = new Rotation(loop);
        this.config = config;
        this.index = index;
        this.resendPhase1asPeriod = resendPhase1asPeriod;
        this.quorums = new Quorums(config, loop, this);
        this.proxyLeaders = loop.connect(config.proxyLeaders, this);
        this.batchers = loop.connect(config.batchers, this);
        this.flushEveryN = Math.max(1, flushPhase2asEveryN);
        this.phase2as = new FlushEvery(flushPhase2asEveryN);
        this.resendPhase1as = new Timer(loop) {
            @Override
            protected void fire() {
                sendPhase1as();
            }
        };
        this.newRound = new Timer(loop) {
            @Override
            protected void fire() {
                if (state != FOLLOWER) {
                    startPhase1();
                }
            }
        };
        if (noopFlushPeriod > 0) {
            new Timer(loop) {
                @Override
                protected void fire() {
                    if (state == PHASE_2) {
                        proposeNoops(nextSlot);
                    }
                    start(noopFlushPeriod);
                }
            }.start(noopFlushPeriod);
        }
    }

    // Leading ---------------------------------------------------------------------------------------------------

    /** The election has made us leader. */
    void lead() {
        startPhase1();
    }

    /** Somebody else leads. */
    void stepDown() {
        state = FOLLOWER;
        waiting.clear();
        resendPhase1as.stop();
        newRound.stop();
    }

    private void startPhase1() {
        newRound.stop();
        state = PHASE_1;
        round = config.nextRound(index, round);
        phase1 = new Phase1(config, quorums, round, Math.min(chosenWatermark, recoverFrom));
        recoverFrom = Long.MAX_VALUE;
        Log.debug("Leader " + index + " begins round " + round + " from slot " + phase1.firstSlot + ".");
        sendPhase1as();
    }

    private void sendPhase1as() {
        Connection[][] acceptors = quorums.acceptors();
        for (int i = 0; i < acceptors.length; i++) {
            for (int j = 0; j < acceptors[i].length; j++) {
                if (!phase1.hasAnswered(i, j)) {
                    Writer out = acceptors[i][j].begin(Messages.PHASE_1A);
                    out.varint(round);
                    out.varint(phase1.firstSlot);
                    acceptors[i][j].end();
                }
            }
        }
        resendPhase1as.start(resendPhase1asPeriod);
    }

    /** Lost messages are not waited for: phase 1 asks again, and proposals that a proxy leader had are made in a new round. */
    @Override
    protected void peerDown(Connection peer) {
        if (state == PHASE_1) {
            resendPhase1as.start(Math.min(RETRY_NANOS, resendPhase1asPeriod));
        } else if (state == PHASE_2 && isProxyLeader(peer) && !newRound.isRunning()) {
            newRound.start(RETRY_NANOS);
        }
    }

    private boolean isProxyLeader(Connection peer) {
        for (int i = 0; i < proxyLeaders.length; i++) {
            if (proxyLeaders[i] == peer) {
                return true;
            }
        }
        return false;
    }

    // Messages --------------------------------------------------------------------------------------------------

    @Override
    protected void receive(Connection from, int type, Reader in) {
        switch (type) {
            case Messages.CLIENT_REQUEST:
                handleClientRequest(from, in);
                break;
            case Messages.CLIENT_REQUEST_BATCH:
                handleClientRequestBatch(from, in);
                break;
            case Messages.PHASE_1B:
                handlePhase1b(in.smallVarint(), in.smallVarint(), in.varint(), in);
                break;
            case Messages.NACK:
                in.varintFromMinusOne();
                handleNack(in.varint(), in.rest());
                break;
            case Messages.LEADER_INFO_REQUEST:
                if (state == PHASE_1 || state == PHASE_2) {
                    sendLeaderInfo(from);
                }
                break;
            case Messages.CHOSEN_WATERMARK:
                in.varint();
                chosenWatermark = Math.max(chosenWatermark, in.varint());
                break;
            case Messages.RECOVER:
                handleRecover(in.varint());
                break;
            case Messages.FILL:
                handleFill(in.varint());
                break;
            default:
                throw unexpected(type);
        }
    }

    private void handleClientRequest(Connection from, Reader in) {
        if (state == FOLLOWER) {
            from.begin(Messages.NOT_LEADER_CLIENT);
            from.end();
        } else if (state != PHASE_2) {
            Writer value = new Writer(1 + in.limit - in.at);
            value.varint(1);
            Messages.copyRest(value, in);
            waitForPhase2(value.toBytes());
        } else {
            Connection proxyLeader = nextProxyLeader();
            Writer out = beginPhase2a(proxyLeader);
            out.varint(1);
            Messages.copyRest(out, in);
            phase2as.end(proxyLeader);
        }
    }

    private void handleClientRequestBatch(Connection from, Reader in) {
        if (state == FOLLOWER) {
            Messages.copyRest(from.begin(Messages.NOT_LEADER_BATCHER), in);
            from.end();
        } else if (state != PHASE_2) {
            waitForPhase2(in.rest());
        } else {
            Connection proxyLeader = nextProxyLeader();
            Messages.copyRest(beginPhase2a(proxyLeader), in);
            phase2as.end(proxyLeader);
        }
    }

    private void waitForPhase2(byte[] value) {
        // Whoever is dropped here sends again.
        if (waiting.size() < MAX_WAITING) {
            waiting.add(value);
        }
    }

    private void handlePhase1b(int group, int acceptor, long answeredRound, Reader in) {
        if (state != PHASE_1 || answeredRound != round) {
            return;
        }
        phase1.add(group, acceptor, in);
        if (phase1.isComplete()) {
            resendPhase1as.stop();
            startPhase2(phase1);
            phase1 = null;
        }
    }

    private void startPhase2(Phase1 complete) {
        state = PHASE_2;
        nextSlot = complete.begin();
        while (nextSlot < complete.end()) {
            propose(complete.value(nextSlot));
        }
        // What replicas have executed is chosen, whether or not the acceptors that answered still know of it.
        nextSlot = Math.max(nextSlot, chosenWatermark);
        for (int i = 0; i < waiting.size(); i++) {
            propose(waiting.get(i));
        }
        waiting.clear();
        phase2as.flush();
        for (int i = 0; i < batchers.length; i++) {
            sendLeaderInfo(batchers[i]);
        }
        Log.info("Leader " + index + " leads in round " + round + " from slot " + nextSlot + ".");
    }

    private void sendLeaderInfo(Connection to) {
        to.begin(Messages.LEADER_INFO_REPLY).varint(round);
        to.end();
    }

    /** An acceptor has promised a higher round, and refused a value of ours if there is one. */
    private void handleNack(long higher, byte[] refused) {
        if (higher > round) {
            round = higher;
            if (state != FOLLOWER) {
                state = BACKOFF;
                resendPhase1as.stop();
                newRound.start((long) (random.nextDouble() * MAX_BACKOFF_NANOS));
            }
        }
        // The value may be chosen in its old slot all the same; replicas execute its commands once.
        if (refused.length > 1 && state == PHASE_2) {
            propose(refused);
        } else if (refused.length > 1 && state != FOLLOWER) {
            waitForPhase2(refused);
        }
    }

    /** A replica has waited long for a slot: whatever has been voted for there is proposed again, in a new round. */
    private void handleRecover(long slot) {
        if (state == PHASE_2 && slot < nextSlot && !newRound.isRunning()) {
            recoverFrom = slot;
            startPhase1();
        }
    }

    private void handleFill(long slot) {
        if (state == PHASE_2 && slot >= nextSlot && slot - nextSlot < MAX_FILL) {
            proposeNoops(slot);
        }
    }

    // Proposing -------------------------------------------------------------------------------------------------

    private void proposeNoops(long lastSlot) {
        while (nextSlot <= lastSlot) {
            propose(Messages.NOOP);
        }
        phase2as.flush();
    }

    private void propose(byte[] value) {
        Connection proxyLeader = nextProxyLeader();
        beginPhase2a(proxyLeader).raw(value, 0, value.length);
        phase2as.end(proxyLeader);
    }

    private Writer beginPhase2a(Connection proxyLeader) {
        Writer out = proxyLeader.begin(Messages.PHASE_2A);
        out.varint(nextSlot++);
        out.varint(round);
        return out;
    }

    /** Proxy leaders take turns, so that messages that leave together go to the same one. */
    private Connection nextProxyLeader() {
        if (config.colocated) {
            return proxyLeaders[index];
        }
        if (flushEveryN == 1) {
            return rotation.of(proxyLeaders);
        }
        return Rotation.notSuspect(proxyLeaders, (int) (sentToProxies++ / flushEveryN % proxyLeaders.length));
    }
}
