// What a replica knows of an instance when it promises a ballot.
//   On the wire: phase; if accepted, its ballot; if pre-accepted, whether unchanged; the value (if pre-accepted, as the leader sent it).
package frankenpaxos.epaxos;

import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class Promise {
    final int phase;
    final long acceptedBallot;
    /** Pre-accepted with the same attributes as by its leader, as the fast path needs it. */
    final boolean isUnchanged;
    final Value value;

    private Promise(int phase, long acceptedBallot, boolean isUnchanged, Value value) {
        this.phase = phase;
        this.acceptedBallot = acceptedBallot;
        this.isUnchanged = isUnchanged;
        this.value = value;
    }

    static Promise of(Instance instance) {
        switch (instance.phase) {
            case Instance.ACCEPTED:
                return new Promise(Instance.ACCEPTED, instance.acceptedBallot, false, instance.value);
            case Instance.PRE_ACCEPTED:
                Value initial = instance.initial;
                return new Promise(Instance.PRE_ACCEPTED, 0, initial.hasAttributes(instance.value.sequence, instance.value.dependencies), initial);
            default:
                return new Promise(Instance.UNKNOWN, 0, false, null);
        }
    }

    void write(Writer out) {
        out.u8(phase);
        if (phase != Instance.UNKNOWN) {
            out.varint(acceptedBallot);
            out.u8(isUnchanged ? 1 : 0);
            Messages.value(out, value);
        }
    }

    static Promise read(Reader in, int columns) {
        int phase = in.u8();
        if (phase == Instance.UNKNOWN) {
            return new Promise(phase, 0, false, null);
        }
        long acceptedBallot = in.varint();
        boolean isUnchanged = in.u8() == 1;
        return new Promise(phase, acceptedBallot, isUnchanged, Messages.value(in, columns));
    }
}
