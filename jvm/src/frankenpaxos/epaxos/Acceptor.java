// What a replica does with an instance that another replica leads or recovers: it pre-accepts, accepts, and promises ballots.
package frankenpaxos.epaxos;

import fpray.runtime.Connection;
import fpray.runtime.Writer;

final class Acceptor {
    private final int index;
    private final ConflictIndex conflicts;
    private final Watch watch;

    Acceptor(int index, ConflictIndex conflicts, Watch watch) {
        this.index = index;
        this.conflicts = conflicts;
        this.watch = watch;
    }

    void handlePreAccept(Connection from, Instance instance, Value value) {
        if (instance.ballot > 0 || value.command == null) {
            Messages.nack(from, instance);
            return;
        }
        if (instance.phase == Instance.UNKNOWN) {
            preAccept(instance, value);
        }
        if (instance.phase == Instance.PRE_ACCEPTED) {
            Writer out = Messages.begin(from, Messages.PRE_ACCEPT_OK, instance);
            out.varint(index);
            out.varint(instance.value.sequence);
            Messages.numbers(out, instance.value.dependencies);
            from.end();
        }
    }

    private void preAccept(Instance instance, Value value) {
        instance.initial = value;
        instance.value = conflicts.extended(value);
        instance.phase = Instance.PRE_ACCEPTED;
        conflicts.record(instance, instance.value);
    }

    void handleAccept(Connection from, Instance instance, long ballot, Value value) {
        if (promise(from, instance, ballot)) {
            accept(instance, ballot, value);
            Writer out = Messages.begin(from, Messages.ACCEPT_OK, instance);
            out.varint(ballot);
            out.varint(index);
            from.end();
        }
    }

    /** Accepts a value in a ballot that has been promised. */
    void accept(Instance instance, long ballot, Value value) {
        instance.ballot = ballot;
        instance.acceptedBallot = ballot;
        instance.phase = Instance.ACCEPTED;
        instance.value = value;
        conflicts.record(instance, value);
    }

    void handlePrepare(Connection from, Instance instance, long ballot) {
        if (promise(from, instance, ballot)) {
            Writer out = Messages.begin(from, Messages.PREPARE_OK, instance);
            out.varint(ballot);
            out.varint(index);
            Promise.of(instance).write(out);
            from.end();
        }
    }

    /** Promises the ballot; false, and a Nack to the sender, if a higher one has been promised. A new ballot ends this replica's round. */
    boolean promise(Connection from, Instance instance, long ballot) {
        if (ballot < instance.ballot) {
            Messages.nack(from, instance);
            return false;
        }
        if (ballot > instance.ballot) {
            instance.ballot = ballot;
            instance.round = null;
            if (instance.column == index) {
                // A client waits here for its command, even if the replica that recovers the instance fails.
                watch.add(instance);
            }
        }
        return true;
    }
}
