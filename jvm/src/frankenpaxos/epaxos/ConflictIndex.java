// For every key and column, the last instance that reads it and the last that writes it: from this follow the conflicts of a command.
// The index grows with the keys, as the state machine does, and not with the commands.
package frankenpaxos.epaxos;

import fpray.state.StateMachine;
import java.util.HashMap;

final class ConflictIndex {
    /** The numbers are one more than those of instances; 0 for no instance. */
    private static final class Key {
        final long[] readers;
        final long[] writers;
        final long[] executedReaders;
        final long[] executedWriters;
        long readSequence = -1;
        long writeSequence = -1;

        Key(int columns) {
            readers = new long[columns];
            writers = new long[columns];
            executedReaders = new long[columns];
            executedWriters = new long[columns];
        }
    }

    private final StateMachine stateMachine;
    private final int columns;
    private final boolean returnsNothing;
    private final HashMap<String, Key> keys = new HashMap<String, Key>();
    private final Commands commands = new Commands();
    // What the visitors below read and change.
    private long[] numbers;
    private long sequence;
    private Instance instance;

    private final StateMachine.Touches collect = new StateMachine.Touches() {
        @Override
        public void touch(String name, boolean writes) {
            Key key = keys.get(name);
            if (key != null) {
                takeLarger(key.writers);
                sequence = Math.max(sequence, key.writeSequence);
                if (writes) {
                    takeLarger(key.readers);
                    sequence = Math.max(sequence, key.readSequence);
                }
            }
        }
    };

    private final StateMachine.Touches collectExecuted = new StateMachine.Touches() {
        @Override
        public void touch(String name, boolean writes) {
            Key key = keys.get(name);
            if (key != null) {
                takeLarger(key.executedWriters);
                if (writes) {
                    takeLarger(key.executedReaders);
                }
            }
        }
    };

    private final StateMachine.Touches record = new StateMachine.Touches() {
        @Override
        public void touch(String name, boolean writes) {
            Key key = keys.get(name);
            if (key == null) {
                key = new Key(columns);
                keys.put(name, key);
            }
            if (writes) {
                key.writeSequence = Math.max(key.writeSequence, sequence);
            } else {
                key.readSequence = Math.max(key.readSequence, sequence);
            }
            note(writes ? key.writers : key.readers);
        }
    };

    private final StateMachine.Touches recordExecuted = new StateMachine.Touches() {
        @Override
        public void touch(String name, boolean writes) {
            Key key = keys.get(name);
            note(writes ? key.executedWriters : key.executedReaders);
        }
    };

    ConflictIndex(StateMachine stateMachine, int columns, boolean returnsNothing) {
        this.stateMachine = stateMachine;
        this.columns = columns;
        this.returnsNothing = returnsNothing;
    }

    private void takeLarger(long[] others) {
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Math.max(numbers[i], others[i]);
        }
    }

    private void note(long[] last) {
        last[instance.column] = Math.max(last[instance.column], instance.number + 1);
    }

    /** The value with all conflicts that are known here among its dependencies; the same value if nothing changes. */
    Value extended(Value value) {
        if (returnsNothing) {
            return value;
        }
        numbers = value.dependencies.clone();
        sequence = value.sequence - 1;
        visit(value.command, collect);
        long itsSequence = sequence + 1;
        return value.hasAttributes(itsSequence, numbers) ? value : new Value(value.command, itsSequence, numbers);
    }

    /** From now on, the instance is among the conflicts of commands that conflict with the value's command. */
    void record(Instance recorded, Value value) {
        if (value.command != null) {
            instance = recorded;
            sequence = value.sequence;
            visit(value.command, record);
        }
    }

    /** An instance that has been recorded has been executed. */
    void recordExecuted(Instance executed) {
        instance = executed;
        visit(executed.value.command, recordExecuted);
    }

    /** For each column one more than the last executed instance that conflicts with the command. */
    long[] executedConflicts(byte[] command) {
        numbers = new long[columns];
        visit(command, collectExecuted);
        return numbers;
    }

    /** Whether two commands conflict. This is slow, and only recoveries need it. */
    boolean conflict(byte[] one, byte[] other) {
        final HashMap<String, Boolean> touched = new HashMap<String, Boolean>();
        final boolean[] conflict = {false};
        visit(one, new StateMachine.Touches() {
            @Override
            public void touch(String key, boolean writes) {
                touched.put(key, writes || Boolean.TRUE.equals(touched.get(key)));
            }
        });
        visit(other, new StateMachine.Touches() {
            @Override
            public void touch(String key, boolean writes) {
                Boolean written = touched.get(key);
                conflict[0] |= written != null && (written || writes);
            }
        });
        return conflict[0];
    }

    private void visit(byte[] command, StateMachine.Touches visitor) {
        commands.read(command);
        stateMachine.touches(command, commands.from, commands.length, visitor);
    }
}
