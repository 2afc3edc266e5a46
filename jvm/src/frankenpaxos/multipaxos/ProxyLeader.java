// A proxy leader: sends the proposals of leaders to acceptors, counts the votes, and sends chosen values to the replicas.
package frankenpaxos.multipaxos;

import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.FlushEvery;
import fpray.runtime.Reader;
import fpray.runtime.Timer;
import fpray.runtime.Writer;

final class ProxyLeader extends Actor {
    /** After this time without a quorum, all acceptors that may vote are asked, not only the fewest that are needed. */
    private static final long RETRY_NANOS = 500_000_000L;

    private static final class Proposal {
        long round;
        byte[] value;
        long votes;
        long sent;
    }

    private final EventLoop loop;
    private final Config config;
    private final Connection[] leaders;
    private final Quorums quorums;
    private final Connection[] replicas;
    private final FlushEvery phase2as;
    private final SlotWindow<Proposal> proposals = new SlotWindow<Proposal>(1024);
    private final Connection[] asked;
    private final Timer retry;

    ProxyLeader(EventLoop loop, Config config, int flushPhase2asEveryN) {
        super("multipaxos_proxy_leader", Messages.NAMES);
        this.loop = loop;
        this.config = config;
        this.leaders = loop.connect(config.leaders, this);
        this.quorums = new Quorums(config, loop, this);
        this.replicas = loop.connect(config.replicas, this);
        this.phase2as = new FlushEvery(flushPhase2asEveryN);
        this.asked = new Connection[quorums.acceptorCount()];
        this.retry = new Timer(loop) {
            @Override
            protected void fire() {
                retryProposals();
            }
        };
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        switch (type) {
            case Messages.PHASE_2A:
                handlePhase2a(in.varint(), in.varint(), in);
                break;
            case Messages.PHASE_2B:
                handlePhase2b(in.smallVarint(), in.smallVarint(), in.varint(), in.varint());
                break;
            case Messages.NACK:
                handleNack(in.varintFromMinusOne(), in.varint());
                break;
            default:
                throw unexpected(type);
        }
    }

    private void handlePhase2a(long slot, long round, Reader in) {
        Proposal proposal = proposals.get(slot);
        if (proposal != null && proposal.round >= round) {
            return;
        }
        if (proposal == null) {
            proposal = new Proposal();
            proposals.put(slot, proposal);
        }
        proposal.round = round;
        proposal.value = in.rest();
        proposal.votes = 0;
        proposal.sent = loop.now();
        propose(slot, proposal, quorums.writeQuorum(slot, asked));
        if (!retry.isRunning()) {
            retry.start(RETRY_NANOS);
        }
    }

    private void propose(long slot, Proposal proposal, int count) {
        for (int i = 0; i < count; i++) {
            Writer out = asked[i].begin(Messages.PHASE_2A);
            out.varint(slot);
            out.varint(proposal.round);
            out.raw(proposal.value, 0, proposal.value.length);
            phase2as.end(asked[i]);
        }
    }

    private void handlePhase2b(int group, int index, long slot, long round) {
        Proposal proposal = proposals.get(slot);
        if (proposal == null || proposal.round != round) {
            return;
        }
        proposal.votes = quorums.withVote(proposal.votes, group, index);
        if (!quorums.isWriteQuorum(proposal.votes)) {
            return;
        }
        proposals.remove(slot);
        for (int i = 0; i < replicas.length; i++) {
            Writer out = replicas[i].begin(Messages.CHOSEN);
            out.varint(slot);
            out.raw(proposal.value, 0, proposal.value.length);
            replicas[i].end();
        }
    }

    /** An acceptor has promised a higher round: the proposal ends, and its leader gets the value back. */
    private void handleNack(long slot, long higher) {
        Proposal proposal = proposals.get(slot);
        if (proposal == null || proposal.round >= higher) {
            return;
        }
        proposals.remove(slot);
        Connection leader = leaders[config.leaderOf(proposal.round)];
        Writer out = leader.begin(Messages.NACK);
        out.varintFromMinusOne(slot);
        out.varint(higher);
        out.raw(proposal.value, 0, proposal.value.length);
        leader.end();
    }

    private void retryProposals() {
        if (proposals.count() == 0) {
            return;
        }
        phase2as.flush();
        for (long slot = proposals.low(); slot < proposals.high(); slot++) {
            Proposal proposal = proposals.get(slot);
            if (proposal != null && loop.now() - proposal.sent >= RETRY_NANOS) {
                proposal.sent = loop.now();
                int count = quorums.allForWrite(slot, asked);
                propose(slot, proposal, count);
                for (int i = 0; i < count; i++) {
                    asked[i].flush();
                }
            }
        }
        retry.start(RETRY_NANOS);
    }
}
