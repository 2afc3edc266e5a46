// Measures round trips to an EchoServer: EchoClient HOST PORT SECONDS. The first tenth of the time is warm-up. Prints the median and
// the mean in nanoseconds.
package fpray.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Arrays;

public final class EchoClient {
    private static final int MESSAGE = 16;
    private static final int MAX_SAMPLES = 10_000_000;

    private EchoClient() {}

    public static void main(String[] arguments) throws IOException {
        long nanos = (long) (Double.parseDouble(arguments[2]) * 1e9);
        try (Socket socket = new Socket(arguments[0], Integer.parseInt(arguments[1]))) {
            socket.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            measure(in, out, nanos / 10);
            long[] samples = measure(in, out, nanos - nanos / 10);
            Arrays.sort(samples);
            double sum = 0;
            for (int i = 0; i < samples.length; i++) {
                sum += samples[i];
            }
            System.out.println("median_nanos " + samples[samples.length / 2]);
            System.out.println("mean_nanos " + Math.round(sum / samples.length));
            System.out.println("round_trips " + samples.length);
        }
    }

    private static long[] measure(DataInputStream in, OutputStream out, long nanos) throws IOException {
        byte[] message = new byte[MESSAGE];
        long[] samples = new long[1 << 16];
        int count = 0;
        long start = System.nanoTime();
        long end = start + nanos;
        while (count == 0 || start < end && count < MAX_SAMPLES) {
            out.write(message);
            in.readFully(message);
            long stop = System.nanoTime();
            if (count == samples.length) {
                samples = Arrays.copyOf(samples, count * 2);
            }
            samples[count++] = stop - start;
            start = stop;
        }
        return Arrays.copyOf(samples, count);
    }
}
