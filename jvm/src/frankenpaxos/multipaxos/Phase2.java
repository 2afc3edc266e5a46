// Phase 2 of a leader: gives every value a slot, and sends it to a proxy leader.
package frankenpaxos.multipaxos;

import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.FlushEvery;
import fpray.runtime.Reader;
import fpray.runtime.Rotation;
import fpray.runtime.Writer;

final class Phase2 {
    private final Config config;
    private final int index;
    private final Connection[] proxyLeaders;
    private final Rotation rotation;
    private final FlushEvery proposals;
    private final int flushEveryN;
    private long round;
    private long nextSlot;
    private long sentToProxies;

    Phase2(EventLoop loop, Config config, int index, Leader leader, int flushEveryN) {
        this.config = config;
        this.index = index;
        this.proxyLeaders = loop.connect(config.proxyLeaders, leader);
        this.rotation = new Rotation(loop);
        this.proposals = new FlushEvery(flushEveryN);
        this.flushEveryN = Math.max(1, flushEveryN);
    }

    long nextSlot() {
        return nextSlot;
    }

    /** Begins a round: first with the values that acceptors may have voted for in earlier rounds, or noops. */
    void begin(long newRound, Phase1 complete, long chosenWatermark) {
        round = newRound;
        nextSlot = complete.begin();
        while (nextSlot < complete.end()) {
            propose(complete.value(nextSlot));
        }
        // The slots that replicas have executed are chosen, even if the acceptors that answered have forgotten them.
        nextSlot = Math.max(nextSlot, chosenWatermark);
    }

    /** Proposes the value in the next slot. */
    void propose(byte[] value) {
        Connection proxyLeader = nextProxyLeader();
        beginProposal(proxyLeader).raw(value, 0, value.length);
        proposals.end(proxyLeader);
    }

    /** Proposes a value of one command: what is left of the message. */
    void proposeCommand(Reader command) {
        Connection proxyLeader = nextProxyLeader();
        Writer out = beginProposal(proxyLeader);
        out.varint(1);
        Messages.copyRest(out, command);
        proposals.end(proxyLeader);
    }

    /** Proposes a value: what is left of the message. */
    void proposeValue(Reader value) {
        Connection proxyLeader = nextProxyLeader();
        Messages.copyRest(beginProposal(proxyLeader), value);
        proposals.end(proxyLeader);
    }

    /** Fills all slots up to this one. */
    void proposeNoops(long lastSlot) {
        while (nextSlot <= lastSlot) {
            propose(Messages.NOOP);
        }
        flush();
    }

    void flush() {
        proposals.flush();
    }

    private Writer beginProposal(Connection proxyLeader) {
        Writer out = proxyLeader.begin(Messages.PHASE_2A);
        out.varint(nextSlot++);
        out.varint(round);
        return out;
    }

    /** Proxy leaders take turns, so that proposals that are flushed together go to the same one. */
    private Connection nextProxyLeader() {
        if (config.colocated) {
            return proxyLeaders[index];
        }
        if (flushEveryN == 1) {
            return rotation.of(proxyLeaders);
        }
        return Rotation.notSuspect(proxyLeaders, (int) (sentToProxies++ / flushEveryN % proxyLeaders.length));
    }

    boolean isProxyLeader(Connection peer) {
        for (int i = 0; i < proxyLeaders.length; i++) {
            if (proxyLeaders[i] == peer) {
                return true;
            }
        }
        return false;
    }
}
