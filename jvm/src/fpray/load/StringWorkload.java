// Zero bytes of normally distributed length, for state machines that do not interpret their commands.
package fpray.load;

import fpray.runtime.Writer;

final class StringWorkload extends Workload {
    private final int mean;
    private final int std;

    StringWorkload(int mean, int std) {
        this.mean = mean;
        this.std = std;
    }

    @Override
    public boolean next(Writer command) {
        int size = size(mean, std);
        command.reserve(size);
        for (int i = 0; i < size; i++) {
            command.bytes[command.end++] = 0;
        }
        return false;
    }
}
