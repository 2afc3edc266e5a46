// The leader as clients and batchers know it. They ask all leaders when it does not answer.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Timer;

abstract class LeaderFinder {
    /** The period of asking while no leader answers. */
    private static final long ASK_NANOS = 200_000_000L;

    private final Config config;
    private final Connection[] leaders;
    private final Timer ask;
    private long round;
    private boolean lost;

    LeaderFinder(EventLoop loop, Config config, Actor actor) {
        this.config = config;
        this.leaders = new Connection[config.leaders.length];
        for (int i = 0; i < leaders.length; i++) {
            leaders[i] = loop.connect(config.leaders[i], actor);
        }
        this.ask = new Timer(loop) {
            @Override
            protected void fire() {
                askAll();
                if (hasWork()) {
                    start(ASK_NANOS);
                }
            }
        };
    }

    /** Whether anything waits for a leader. */
    abstract boolean hasWork();

    /** A leader has answered: everything that waits for a leader should be sent, or sent again. */
    abstract void leaderAnswered();

    Connection leader() {
        return leaders[config.leaderOf(round)];
    }

    /** Asks all leaders, until one answers. */
    void ask() {
        if (!ask.isRunning()) {
            askAll();
            ask.start(ASK_NANOS);
        }
    }

    /** The known leader does not lead any more: what it has refused must be sent again. */
    void refused() {
        lost = true;
        ask();
    }

    /** Messages to the known leader may be lost. Asks soon, but not now: peerDown() must not send. */
    void broken() {
        lost = true;
        if (!ask.isRunning()) {
            ask.start(ASK_NANOS);
        }
    }

    boolean isLeader(Connection peer) {
        return peer == leader();
    }

    void handleLeaderInfo(long newRound) {
        // The answer of an earlier leader does not count.
        if (newRound < round) {
            return;
        }
        boolean sendAgain = lost || newRound > round;
        round = newRound;
        lost = false;
        ask.stop();
        if (sendAgain) {
            leaderAnswered();
        }
    }

    private void askAll() {
        for (int i = 0; i < leaders.length; i++) {
            leaders[i].begin(Messages.LEADER_INFO_REQUEST);
            leaders[i].end();
        }
    }
}
