// The key-value workloads of ReadWriteWorkloadProto: reads and writes of uniform, point-skewed or several keys.
package fpray.load;

import fpray.runtime.Writer;
import fpray.state.KeyValueCommands;

final class ReadWriteWorkload extends Workload {
    private final int keys;
    private final int keysPerCommand;
    private final double readFraction;
    // Negative for uniform keys.
    private final double pointFraction;
    private final int mean;
    private final int std;

    private ReadWriteWorkload(int keys, int keysPerCommand, double readFraction, double pointFraction, int mean, int std) {
        Workloads.require(keys >= 1, "num_keys", keys, "at least 1");
        Workloads.require(keysPerCommand >= 1, "num_operations", keysPerCommand, "at least 1");
        this.keys = keys;
        this.keysPerCommand = keysPerCommand;
        this.readFraction = readFraction;
        this.pointFraction = pointFraction;
        this.mean = mean;
        this.std = std;
    }

    static ReadWriteWorkload uniform(int keys, double readFraction, int mean, int std) {
        return new ReadWriteWorkload(keys, 1, readFraction, -1, mean, std);
    }

    /** Key 0 with the probability point_fraction, else one of the other keys. */
    static ReadWriteWorkload pointSkewed(int keys, double readFraction, double pointFraction, int mean, int std) {
        Workloads.require(keys >= 2, "num_keys", keys, "at least 2");
        return new ReadWriteWorkload(keys, 1, readFraction, pointFraction, mean, std);
    }

    static ReadWriteWorkload multiKey(int keys, int operations, double readFraction, int mean, int std) {
        return new ReadWriteWorkload(keys, operations, readFraction, -1, mean, std);
    }

    @Override
    public boolean next(Writer command) {
        boolean read = random.nextDouble() < readFraction;
        if (read) {
            KeyValueCommands.beginGet(command, keysPerCommand);
        } else {
            KeyValueCommands.beginSet(command, keysPerCommand);
        }
        for (int i = 0; i < keysPerCommand; i++) {
            KeyValueCommands.key(command, key());
            if (!read) {
                value(command, size(mean, std));
            }
        }
        return read;
    }

    private String key() {
        if (pointFraction >= 0) {
            return random.nextDouble() < pointFraction ? "0" : Integer.toString(1 + random.nextInt(keys - 1));
        }
        String key = Integer.toString(random.nextInt(keys));
        if (keysPerCommand > 1) {
            while (key.length() < 4) {
                key = " " + key;
            }
        }
        return key;
    }
}
