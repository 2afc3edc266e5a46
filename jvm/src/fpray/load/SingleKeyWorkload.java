// The key-value workloads of WorkloadProto: gets and sets of one key. All of them are ordered like writes.
package fpray.load;

import fpray.runtime.Writer;
import fpray.state.KeyValueCommands;

final class SingleKeyWorkload extends Workload {
    private final int keys;
    private final double setFraction;
    private final int mean;
    private final int std;

    private SingleKeyWorkload(int keys, double setFraction, int mean, int std) {
        this.keys = keys;
        this.setFraction = setFraction;
        this.mean = mean;
        this.std = std;
    }

    /** Half gets, half sets, of a uniformly chosen key. */
    static SingleKeyWorkload uniform(int keys, int mean, int std) {
        Workloads.require(keys >= 1, "num_keys", keys, "at least 1");
        return new SingleKeyWorkload(keys, 0.5, mean, std);
    }

    /** Sets of "x" with the probability conflict_rate, else gets of "y". */
    static SingleKeyWorkload bernoulli(double conflictRate, int mean, int std) {
        return new SingleKeyWorkload(0, conflictRate, mean, std);
    }

    @Override
    public boolean next(Writer command) {
        boolean set = random.nextDouble() < setFraction;
        String key = keys > 0 ? Integer.toString(random.nextInt(keys)) : set ? "x" : "y";
        if (set) {
            KeyValueCommands.beginSet(command, 1);
            KeyValueCommands.key(command, key);
            value(command, size(mean, std));
        } else {
            KeyValueCommands.beginGet(command, 1);
            KeyValueCommands.key(command, key);
        }
        return false;
    }
}
