// The instances that something waits for. Those that are not committed in time are recovered.
package frankenpaxos.epaxos;

import fpray.runtime.EventLoop;
import java.util.ArrayList;
import java.util.Random;

final class Watch {
    private static final int MAX_DOUBLINGS = 5;

    private final EventLoop loop;
    private final int index;
    private final Replica replica;
    private final long minPeriod;
    private final long maxPeriod;
    private final Random random = new Random();
    private final ArrayList<Instance> instances = new ArrayList<Instance>();
    // The leaders that did not go on in time, and have sent nothing since.
    private final boolean[] silent;

    Watch(EventLoop loop, int index, int n, Replica replica, ReplicaOptions options) {
        this.loop = loop;
        this.index = index;
        this.replica = replica;
        this.minPeriod = options.recoverInstanceMinPeriod;
        this.maxPeriod = options.recoverInstanceMaxPeriod;
        this.silent = new boolean[n];
    }

    /** The leader of the instance has sent it. */
    void heardFromLeader(Instance instance) {
        silent[instance.column] = false;
    }

    /** Unless the instance is committed soon, this replica recovers it. */
    void add(Instance instance) {
        if (!instance.isWatched && !instance.isCommitted()) {
            instance.isWatched = true;
            instance.recoverAt = loop.now() + period(0);
            instances.add(instance);
            // If the leader is dead, all the instances that it has left are recovered at once, not one after the other.
            if (silent[instance.column] && instance.round == null) {
                replica.recover(instance);
            }
        }
    }

    /** A random period: the more attempts have failed, the longer it may be. */
    private long period(int attempts) {
        long period = minPeriod + (long) (random.nextDouble() * Math.max(0, maxPeriod - minPeriod));
        return (long) (period * (1 + random.nextDouble() * ((1 << Math.min(attempts, MAX_DOUBLINGS)) - 1)));
    }

    void tick() {
        int left = 0;
        int size = instances.size();
        for (int i = 0; i < size; i++) {
            Instance instance = instances.get(i);
            if (instance.isCommitted()) {
                instance.isWatched = false;
                continue;
            }
            if (loop.now() >= instance.recoverAt) {
                instance.recoverAt = loop.now() + period(instance.attempts);
                // An instance that this replica is having decided needs no recovery.
                if (instance.round == null) {
                    silent[instance.column] = instance.column != index;
                    replica.recover(instance);
                }
            }
            instances.set(left++, instance);
        }
        instances.subList(left, size).clear();
    }
}
