// The instances that this replica is having decided, and when each of them asks again.
package frankenpaxos.epaxos;

import fpray.runtime.EventLoop;
import java.util.ArrayList;

final class Rounds {
    private final EventLoop loop;
    private final Replica replica;
    private final ArrayList<Instance> instances = new ArrayList<Instance>();

    Rounds(EventLoop loop, Replica replica) {
        this.loop = loop;
        this.replica = replica;
    }

    /** From now on, this replica has the instance decided by that round. */
    void begin(Instance instance, Round round) {
        instance.round = round;
        if (!instance.isListed) {
            instance.isListed = true;
            instances.add(instance);
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
