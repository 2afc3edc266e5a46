// The election of a leader. The leader pings the others; one that has received no ping for long makes itself leader in a higher round.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import fpray.runtime.Reader;
import fpray.runtime.Timer;
import fpray.runtime.Writer;
import java.util.Random;

final class Election extends Actor {
    private final int index;
    private final Leader leader;
    private final Connection[] others;
    private final long noPingMin;
    private final long noPingMax;
    private final Random random = new Random();
    private final Timer ping;
    private final Timer noPing;
    // The round of the election and its leader. These rounds have nothing to do with the rounds of consensus.
    private long round;
    private int current;

    Election(EventLoop loop, Config config, int index, Leader leader, final long pingPeriod, long noPingMin, long noPingMax) {
        super("multipaxos_election", Messages.NAMES);
        this.index = index;
        this.leader = leader;
        this.noPingMin = noPingMin;
        this.noPingMax = noPingMax;
        this.others = new Connection[config.elections.length];
        for (int i = 0; i < others.length; i++) {
            others[i] = i == index ? null : loop.connect(config.elections[i], this);
        }
        this.ping = new Timer(loop) {
            @Override
            protected void fire() {
                pingOthers();
                start(pingPeriod);
            }
        };
        this.noPing = new Timer(loop) {
            @Override
            protected void fire() {
                Log.info("No ping of leader " + current + ": leader " + Election.this.index + " takes over in election round " + (round + 1) + ".");
                round++;
                lead();
            }
        };
    }

    /** Leader 0 begins as the leader. */
    void start() {
        if (index == 0) {
            lead();
        } else {
            waitForPings();
        }
    }

    private void lead() {
        current = index;
        noPing.stop();
        ping.start(0);
        leader.lead();
    }

    private void waitForPings() {
        noPing.start(noPingMin + (long) (random.nextDouble() * Math.max(0, noPingMax - noPingMin)));
    }

    private void pingOthers() {
        for (int i = 0; i < others.length; i++) {
            if (others[i] != null) {
                Writer out = others[i].begin(Messages.PING);
                out.varint(round);
                out.varint(index);
                others[i].end();
            }
        }
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type != Messages.PING) {
            throw unexpected(type);
        }
        handlePing(in.varint(), in.smallVarint());
    }

    private void handlePing(long pingRound, int pingLeader) {
        if (pingRound < round || pingRound == round && pingLeader < current || pingLeader == index) {
            return;
        }
        boolean led = current == index;
        round = pingRound;
        current = pingLeader;
        if (led) {
            Log.info("Leader " + current + " leads in election round " + round + ": leader " + index + " steps down.");
            ping.stop();
            leader.stepDown();
        }
        waitForPings();
    }
}
