// What replicas agree on for an instance: a command, its sequence number and its dependencies. A value is never changed.
package frankenpaxos.epaxos;

import java.util.Arrays;

final class Value {
    /** As the client has sent it, from its name on; null for no command, which is the value of an instance that is given up. */
    final byte[] command;
    final long sequence;
    /** For each column, the number of the first instance that is not a dependency. */
    final long[] dependencies;

    Value(byte[] command, long sequence, long[] dependencies) {
        this.command = command;
        this.sequence = sequence;
        this.dependencies = dependencies;
    }

    /** The value without a command and without dependencies. */
    static Value noop(int columns) {
        return new Value(null, 0, new long[columns]);
    }

    boolean hasAttributes(long otherSequence, long[] otherDependencies) {
        return sequence == otherSequence && Arrays.equals(dependencies, otherDependencies);
    }

    boolean dependsOn(Instance instance) {
        return instance.number < dependencies[instance.column];
    }
}
