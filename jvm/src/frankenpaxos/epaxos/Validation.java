// Whether a value that may have been decided on the fast path is excluded. An instance excludes the value if its command conflicts,
// the value does not depend on it, and it does not depend on the value's instance: then only one of the two can have been decided so.
// A committed instance of this kind makes the value invalid; one that is not committed may do so later.
package frankenpaxos.epaxos;

import fpray.runtime.Connection;
import fpray.runtime.Reader;
import fpray.runtime.Writer;
import java.util.ArrayList;

final class Validation {
    private final int index;
    private final Recovery recovery;
    private final Column[] columns;
    private final ConflictIndex conflicts;
    private final Acceptor acceptor;

    Validation(int index, Recovery recovery, Column[] columns, ConflictIndex conflicts, Acceptor acceptor) {
        this.index = index;
        this.recovery = recovery;
        this.columns = columns;
        this.conflicts = conflicts;
        this.acceptor = acceptor;
    }

    /** Begins with this replica's own part; those that have answered the Prepare are the quorum. */
    void start(Instance instance, Round round, Value value) {
        round.stage = Round.VALIDATING;
        round.value = value;
        round.quorum = round.answered;
        round.answered = 0;
        round.invalidating = new ArrayList<Instance>();
        round.answered(index);
        round.isInvalid = isInvalid(instance, value, round.invalidating);
    }

    /**
     * Whether a committed instance excludes the value. If none does, adds the instances that may do so later. From now on,
     * conflicting commands that this replica pre-accepts depend on the instance.
     */
    private boolean isInvalid(Instance instance, Value value, ArrayList<Instance> invalidating) {
        if (instance.initial == null) {
            instance.initial = value;
        }
        conflicts.record(instance, value);
        // An instance that has been executed here cannot depend on an instance that is not committed here.
        long[] executed = conflicts.executedConflicts(value.command);
        for (int i = 0; i < columns.length; i++) {
            if (executed[i] > value.dependencies[i]) {
                return true;
            }
        }
        for (int i = 0; i < columns.length; i++) {
            for (long number = Math.max(value.dependencies[i], columns[i].executed()); number < columns[i].high(); number++) {
                Instance other = columns[i].get(number);
                if (other == null || other == instance || other.phase == Instance.EXECUTED || !excludes(other, instance, value)) {
                    continue;
                }
                if (other.isCommitted()) {
                    return true;
                }
                invalidating.add(other);
            }
        }
        return false;
    }

    private boolean excludes(Instance other, Instance instance, Value value) {
        Value others = other.isCommitted() ? other.value : other.initial;
        return others != null && others.command != null && !others.dependsOn(instance) && conflicts.conflict(value.command, others.command);
    }

    void handleValidate(Connection from, Instance instance, long ballot, Value value) {
        if (!acceptor.promise(from, instance, ballot)) {
            return;
        }
        ArrayList<Instance> invalidating = new ArrayList<Instance>();
        boolean isInvalid = isInvalid(instance, value, invalidating);
        Writer out = Messages.begin(from, Messages.VALIDATE_OK, instance);
        out.varint(ballot);
        out.varint(index);
        out.u8(isInvalid ? 1 : 0);
        out.varint(invalidating.size());
        for (int i = 0; i < invalidating.size(); i++) {
            out.varint(invalidating.get(i).column);
            out.varint(invalidating.get(i).number);
        }
        from.end();
    }

    void handleValidateOk(Instance instance, long ballot, int other, Reader in) {
        Round round = instance.round;
        if (round == null || round.stage != Round.VALIDATING || round.ballot != ballot || (round.quorum >>> other & 1) == 0) {
            return;
        }
        boolean isInvalid = in.u8() == 1;
        ArrayList<Instance> invalidating = readInstances(in);
        if (invalidating != null && round.answered(other)) {
            round.isInvalid |= isInvalid;
            round.invalidating.addAll(invalidating);
            if (round.answered == round.quorum) {
                recovery.validated(instance, round);
            }
        }
    }

    /** Null if one of them has been executed and forgotten here: then the next attempt learns more. */
    private ArrayList<Instance> readInstances(Reader in) {
        ArrayList<Instance> instances = new ArrayList<Instance>();
        for (int left = in.smallVarint(); left > 0; left--) {
            int column = in.smallVarint();
            if (column >= columns.length) {
                throw new Reader.Malformed("an instance of replica " + column);
            }
            Instance instance = columns[column].find(in.varint());
            if (instance == null) {
                return null;
            }
            instances.add(instance);
        }
        return instances;
    }
}
