// The instances that this replica is having decided: what it asks other replicas for each of them, and when it asks again.
package frankenpaxos.epaxos;

import fpray.runtime.EventLoop;
import fpray.runtime.Writer;
import java.util.ArrayList;

final class Rounds {
    private final EventLoop loop;
    private final Replica replica;
    private final Peers peers;
    private final ArrayList<Instance> instances = new ArrayList<Instance>();

    Rounds(EventLoop loop, Replica replica, Peers peers) {
        this.loop = loop;
        this.replica = replica;
        this.peers = peers;
    }

    /** From now on, this replica has the instance decided by that round. */
    void begin(Instance instance, Round round) {
        instance.round = round;
        if (!instance.isListed) {
            instance.isListed = true;
            instances.add(instance);
        }
    }

    /** Sends replicas (bits) the ballot of the instance's round, and its value if there is one. The round is due after the period. */
    void ask(int type, Instance instance, long to, long period) {
        Round round = instance.round;
        round.due = loop.now() + period;
        for (int i = 0; i < peers.count(); i++) {
            if ((to >>> i & 1) != 0) {
                Writer out = Messages.begin(peers.connection(i), type, instance);
                // A PreAccept has no ballot: it is the leader's, in ballot 0.
                if (type != Messages.PRE_ACCEPT) {
                    out.varint(round.ballot);
                }
                if (round.value != null) {
                    Messages.value(out, round.value);
                }
                peers.connection(i).end();
            }
        }
    }

    void tick() {
        int left = 0;
        int size = instances.size();
        for (int i = 0; i < size; i++) {
            Instance instance = instances.get(i);
            if (instance.round != null && loop.now() >= instance.round.due) {
                replica.overdue(instance);
            }
            instance.isListed = instance.round != null;
            if (instance.isListed) {
                instances.set(left++, instance);
            }
        }
        instances.subList(left, size).clear();
    }
}
