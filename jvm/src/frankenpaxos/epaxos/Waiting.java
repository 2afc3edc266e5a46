// The recoveries of this replica that wait for other instances, which may exclude the value once they are decided. Two recoveries that
// wait for each other must not do so for ever: each announces that it waits, and how many have pre-accepted its value unchanged.
package frankenpaxos.epaxos;

import fpray.runtime.EventLoop;
import java.util.ArrayList;

final class Waiting {
    private final EventLoop loop;
    private final int index;
    private final int n;
    private final int missing;
    private final Recovery recovery;
    private final Peers peers;
    private final Watch watch;
    private final long period;
    private final ArrayList<Instance> instances = new ArrayList<Instance>();

    Waiting(EventLoop loop, Config config, int index, Recovery recovery, Peers peers, Watch watch, long period) {
        this.loop = loop;
        this.index = index;
        this.n = config.replicas.length;
        this.missing = config.missingFromFast();
        this.recovery = recovery;
        this.peers = peers;
        this.watch = watch;
        this.period = period;
    }

    /** The recovery waits until all instances that may invalidate its value are decided. */
    void start(Instance instance, Round round) {
        round.stage = Round.WAITING;
        round.resends = 0;
        announce(instance, round);
        handleWaiting(instance, round.unchanged);
        for (int i = 0; i < round.invalidating.size(); i++) {
            watch.add(round.invalidating.get(i));
        }
        if (!isSettled(instance, round)) {
            instances.add(instance);
        }
    }

    /** Tells all other replicas that the recovery of the instance waits. */
    void announce(Instance instance, Round round) {
        round.due = loop.now() + period;
        for (int i = 0; i < n; i++) {
            if (i != index) {
                Messages.begin(peers.connection(i), Messages.WAITING, instance).varint(round.unchanged);
                peers.connection(i).end();
            }
        }
    }

    /** Some replica's recovery of the instance waits. */
    void handleWaiting(Instance instance, int unchanged) {
        instance.waiting = Math.max(instance.waiting, unchanged);
        lookAgain();
    }

    /** A recovery may have waited for what has just been committed or announced. */
    void lookAgain() {
        int left = 0;
        for (int i = 0; i < instances.size(); i++) {
            Instance instance = instances.get(i);
            Round round = instance.round;
            if (round != null && round.stage == Round.WAITING && !isSettled(instance, round)) {
                instances.set(left++, instance);
            }
        }
        instances.subList(left, instances.size()).clear();
    }

    /** Proposes what follows from the instances that the recovery waits for; false if that is not known yet. */
    private boolean isSettled(Instance instance, Round round) {
        boolean allDecided = true;
        for (int i = 0; i < round.invalidating.size(); i++) {
            Instance other = round.invalidating.get(i);
            if (!other.isCommitted()) {
                // So many have pre-accepted the other one without this one that no fast quorum has this one without the other.
                if (other.waiting >= missing) {
                    recovery.propose(instance, Value.noop(n), "too many have pre-accepted a conflicting command without it");
                    return true;
                }
                allDecided = false;
            } else if (other.value.command != null && !other.value.dependsOn(instance)) {
                recovery.propose(instance, Value.noop(n), "a conflicting command has been decided without it meanwhile");
                return true;
            }
        }
        if (allDecided) {
            recovery.propose(instance, round.value, "all conflicting commands have been decided with it");
        }
        return allDecided;
    }
}
