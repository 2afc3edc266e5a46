// Executes committed instances: the strongly connected components of the dependency graph, dependencies first, and the instances of one
// component by sequence number. This is Tarjan's algorithm without recursion, because chains of dependencies are long.
package frankenpaxos.epaxos;

import fpray.runtime.EventLoop;
import fpray.runtime.Timer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;

final class Executor {
    private static final Comparator<Instance> IN_COMPONENT = new Comparator<Instance>() {
        @Override
        public int compare(Instance a, Instance b) {
            int order = Long.compare(a.value.sequence, b.value.sequence);
            order = order != 0 ? order : Integer.compare(a.column, b.column);
            return order != 0 ? order : Long.compare(a.number, b.number);
        }
    };

    private final Replica replica;
    private final Column[] columns;
    private final boolean skipsGraph;
    private final int batchSize;
    private final long period;
    private final int maxBlockers;
    private final Timer timer;
    // Committed instances that should be tried.
    private final ArrayList<Instance> ready = new ArrayList<Instance>();
    private int committed;

    // The search: its path, the next dependency of each instance on the path, and Tarjan's stack.
    private Instance[] path = new Instance[64];
    private int[] nextColumn = new int[64];
    private long[] nextNumber = new long[64];
    private int depth;
    private final ArrayList<Instance> stack = new ArrayList<Instance>();
    private final ArrayList<Instance> component = new ArrayList<Instance>();
    private int visited;

    Executor(EventLoop loop, Replica replica, Column[] columns, ReplicaOptions options) {
        this.replica = replica;
        this.columns = columns;
        skipsGraph = options.unsafeSkipGraphExecution;
        batchSize = options.executeGraphBatchSize;
        period = options.executeGraphPeriod;
        maxBlockers = options.numBlockers < 0 ? Integer.MAX_VALUE : Math.max(1, options.numBlockers);
        timer = new Timer(loop) {
            @Override
            protected void fire() {
                executeReady();
            }
        };
    }

    /** The instance has just been committed. */
    void committed(Instance instance) {
        if (skipsGraph) {
            execute(instance);
            return;
        }
        ready.add(instance);
        if (instance.blocked != null) {
            ready.addAll(instance.blocked);
            instance.blocked = null;
        }
        if (++committed >= batchSize) {
            executeReady();
        } else if (!timer.isRunning()) {
            timer.start(period);
        }
    }

    private void executeReady() {
        committed = 0;
        timer.stop();
        // To execute an instance commits nothing, so nothing is added meanwhile.
        for (int i = 0; i < ready.size(); i++) {
            if (ready.get(i).phase == Instance.COMMITTED) {
                search(ready.get(i));
            }
        }
        ready.clear();
    }

    /** Executes the instance and all that it depends on. A component that depends on an uncommitted instance is not executed. */
    private void search(Instance root) {
        visited = 0;
        enter(root);
        while (depth > 0) {
            Instance instance = path[depth - 1];
            Instance next = nextDependency(instance);
            if (next == null) {
                leave(instance);
            } else if (!next.isCommitted()) {
                watchMore(instance, next);
                abort(root, next);
            } else if (next.blocker != null && !next.blocker.isCommitted()) {
                abort(root, next.blocker);
            } else if (next.order == 0) {
                enter(next);
            } else if (next.isOnStack) {
                instance.low = Math.min(instance.low, next.order);
            }
        }
    }

    private void enter(Instance instance) {
        if (depth == path.length) {
            path = java.util.Arrays.copyOf(path, depth * 2);
            nextColumn = java.util.Arrays.copyOf(nextColumn, depth * 2);
            nextNumber = java.util.Arrays.copyOf(nextNumber, depth * 2);
        }
        path[depth] = instance;
        nextColumn[depth] = 0;
        nextNumber[depth] = 0;
        depth++;
        instance.order = ++visited;
        instance.low = visited;
        instance.isOnStack = true;
        stack.add(instance);
    }

    /** The next dependency that has not been executed; null if there is none left. */
    private Instance nextDependency(Instance instance) {
        int top = depth - 1;
        long[] dependencies = instance.value.dependencies;
        for (; nextColumn[top] < columns.length; nextColumn[top]++) {
            Column column = columns[nextColumn[top]];
            long number = Math.max(nextNumber[top], column.executed());
            Instance firstExecuted = null;
            while (number < dependencies[nextColumn[top]]) {
                Instance next = column.find(number);
                if (next.phase != Instance.EXECUTED) {
                    nextNumber[top] = number + 1;
                    remember(firstExecuted, number);
                    return next;
                }
                if (firstExecuted == null) {
                    firstExecuted = next;
                }
                number = Math.max(number + 1, next.executedBelow);
            }
            remember(firstExecuted, number);
            nextNumber[top] = 0;
        }
        return null;
    }

    /** Executed instances behind a late one are skipped at the next search: there may be many. */
    private static void remember(Instance firstExecuted, long executedBelow) {
        if (firstExecuted != null) {
            firstExecuted.executedBelow = executedBelow;
        }
    }

    /** All that the instance depends on has been seen. */
    private void leave(Instance instance) {
        depth--;
        if (depth > 0) {
            path[depth - 1].low = Math.min(path[depth - 1].low, instance.low);
        }
        if (instance.low != instance.order) {
            return;
        }
        component.clear();
        Instance member;
        do {
            member = stack.remove(stack.size() - 1);
            member.isOnStack = false;
            component.add(member);
        } while (member != instance);
        if (component.size() > 1) {
            Collections.sort(component, IN_COMPONENT);
        }
        for (int i = 0; i < component.size(); i++) {
            execute(component.get(i));
        }
    }

    /** The search has reached an uncommitted instance: the root tries again when that instance has been committed. */
    private void abort(Instance root, Instance blocker) {
        for (int i = 0; i < depth; i++) {
            path[i].blocker = blocker;
            path[i] = null;
        }
        depth = 0;
        for (int i = 0; i < stack.size(); i++) {
            stack.get(i).order = 0;
            stack.get(i).isOnStack = false;
        }
        stack.clear();
        if (blocker.blocked == null) {
            blocker.blocked = new ArrayList<Instance>();
        }
        blocker.blocked.add(root);
        replica.watch(blocker);
    }

    /** The option numBlockers: up to this number of uncommitted dependencies are watched at once. */
    private void watchMore(Instance instance, Instance first) {
        Instance next = first;
        for (int left = maxBlockers - 1; left > 0 && next != null; left--) {
            next = nextDependency(instance);
            while (next != null && next.isCommitted()) {
                next = nextDependency(instance);
            }
            if (next != null) {
                replica.watch(next);
            }
        }
    }

    private void execute(Instance instance) {
        instance.phase = Instance.EXECUTED;
        instance.blocker = null;
        instance.order = 0;
        replica.execute(instance);
        columns[instance.column].advance();
    }
}
