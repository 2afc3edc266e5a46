// For clients and batchers: who leads, as far as they know, and asking all leaders when that one does not answer.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Timer;

abstract class LeaderFinder {
    /** How often all leaders are asked while none is known to lead. */
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

    /** There is a leader to which what is pending should be sent (again). */
    abstract void found();

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

    /** The leader that we knew has refused something, which must be sent again. */
    void refused() {
        lost = true;
        ask();
    }

    /** What the leader that we knew had been sent may be lost; asks soon, but not now: for peerDown(). */
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
        // An older leader's answer is no answer.
        if (newRound < round) {
            return;
        }
        boolean sendAgain = lost || newRound > round;
        round = newRound;
        lost = false;
        ask.stop();
        if (sendAgain) {
            found();
        }
    }

    private void askAll() {
        for (int i = 0; i < leaders.length; i++) {
            leaders[i].begin(Messages.LEADER_INFO_REQUEST);
            leaders[i].end();
        }
    }
}
