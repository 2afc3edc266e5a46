// A leader: gets a round of its own promised by acceptors (Phase1), then gives every command a slot (Phase2).
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Reader;
import fpray.runtime.Timer;
import fpray.runtime.Writer;
import java.util.ArrayList;
import java.util.Random;

final class Leader extends Actor {
    private static final long RETRY_NANOS = 100_000_000L;
    private static final long MAX_BACKOFF_NANOS = 50_000_000L;
    private static final int MAX_WAITING = 100_000;
    private static final int MAX_FILL = 10_000;

    /** Another leader leads, as far as the election knows. */
    private static final int FOLLOWER = 0;
    /** This leader leads, but an acceptor has promised a higher round: after a random time it tries a still higher one. */
    private static final int BACKOFF = 1;
    /** Acceptors are being asked for promises and votes. */
    private static final int PHASE_1 = 2;
    /** Commands get slots. */
    private static final int PHASE_2 = 3;

    private final Config config;
    private final int index;
    private final long resendPhase1asPeriod;
    private final Quorums quorums;
    private final Phase2 phase2;
    private final Connection[] batchers;
    private final Random random = new Random();
    private final Timer resendPhase1as;
    private final Timer newRound;

    private int state = FOLLOWER;
    // The highest known round; in phases 1 and 2 it is this leader's own. Rounds begin at the clock's time (in 10 ms since 2026): a leader
    // that has been restarted must not use a round from before, because messages of that round may still be on their way.
    private long round = Math.max(0, System.currentTimeMillis() - 1_767_225_600_000L) / 10;
    private Phase1 phase1;
    // Values that arrived after the election, but before phase 2.
    private final ArrayList<byte[]> waiting = new ArrayList<byte[]>();
    private long chosenWatermark;
    // Where phase 1 begins, if a replica waits for a slot below the watermark.
    private long recoverFrom = Long.MAX_VALUE;

    Leader(EventLoop loop, Config config, int index, long resendPhase1asPeriod, int flushPhase2asEveryN, long noopFlushPeriod) {
        super("multipaxos_leader", Messages.NAMES);
        this.config = config;
        this.index = index;
        this.resendPhase1asPeriod = resendPhase1asPeriod;
        this.quorums = new Quorums(config, loop, this);
        this.phase2 = new Phase2(loop, config, index, this, flushPhase2asEveryN);
        this.batchers = loop.connect(config.batchers, this);
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
            proposeNoopsEvery(loop, noopFlushPeriod);
        }
    }

    private void proposeNoopsEvery(EventLoop loop, final long period) {
        new Timer(loop) {
            @Override
            protected void fire() {
                if (state == PHASE_2) {
                    phase2.proposeNoops(phase2.nextSlot());
                }
                start(period);
            }
        }.start(period);
    }

    /** The election has made this leader the one that leads. */
    void lead() {
        startPhase1();
    }

    /** Another leader leads. */
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
        phase1.askAcceptors();
        resendPhase1as.start(resendPhase1asPeriod);
    }

    /** The messages in the broken connection are lost: phase 1 asks again, and a new round makes the proposals of a proxy leader again. */
    @Override
    protected void peerDown(Connection peer) {
        if (state == PHASE_1) {
            resendPhase1as.start(Math.min(RETRY_NANOS, resendPhase1asPeriod));
        } else if (state == PHASE_2 && phase2.isProxyLeader(peer) && !newRound.isRunning()) {
            newRound.start(RETRY_NANOS);
        }
    }

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
            phase2.proposeCommand(in);
        }
    }

    private void handleClientRequestBatch(Connection from, Reader in) {
        if (state == FOLLOWER) {
            Messages.copyRest(from.begin(Messages.NOT_LEADER_BATCHER), in);
            from.end();
        } else if (state != PHASE_2) {
            waitForPhase2(in.rest());
        } else {
            phase2.proposeValue(in);
        }
    }

    private void waitForPhase2(byte[] value) {
        // If a value is dropped here, its clients send again.
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
        phase2.begin(round, complete, chosenWatermark);
        for (int i = 0; i < waiting.size(); i++) {
            phase2.propose(waiting.get(i));
        }
        waiting.clear();
        phase2.flush();
        for (int i = 0; i < batchers.length; i++) {
            sendLeaderInfo(batchers[i]);
        }
        Log.info("Leader " + index + " leads in round " + round + " from slot " + phase2.nextSlot() + ".");
    }

    private void sendLeaderInfo(Connection to) {
        to.begin(Messages.LEADER_INFO_REPLY).varint(round);
        to.end();
    }

    /** An acceptor has promised a higher round, and has refused a value of this leader if there is one. */
    private void handleNack(long higher, byte[] refused) {
        if (higher > round) {
            round = higher;
            if (state != FOLLOWER) {
                state = BACKOFF;
                resendPhase1as.stop();
                newRound.start((long) (random.nextDouble() * MAX_BACKOFF_NANOS));
            }
        }
        // The value may also be chosen in its old slot. Replicas execute its commands once.
        if (refused.length > 1 && state == PHASE_2) {
            phase2.propose(refused);
        } else if (refused.length > 1 && state != FOLLOWER) {
            waitForPhase2(refused);
        }
    }

    /** A replica has waited long for a slot: a new round proposes again what acceptors have voted for there. */
    private void handleRecover(long slot) {
        if (state == PHASE_2 && slot < phase2.nextSlot() && !newRound.isRunning()) {
            recoverFrom = slot;
            startPhase1();
        }
    }

    private void handleFill(long slot) {
        if (state == PHASE_2 && slot >= phase2.nextSlot() && slot - phase2.nextSlot() < MAX_FILL) {
            phase2.proposeNoops(slot);
        }
    }
}
