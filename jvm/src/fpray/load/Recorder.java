// The recorder file. Labelled: one row for each measurement group. Unlabelled: one row for each request. Which of the two a client uses
// is as in FrankenPaxos. The file is written in pieces of whole rows: after 8 KiB, or after a second.
package fpray.load;

import fpray.runtime.Log;
import fpray.runtime.UtcTime;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

public final class Recorder {
    public static final int WRITE = 0;
    public static final int READ = 1;
    private static final byte[][] LABELS = {ascii("write"), ascii("read")};
    private static final int PIECE = 8 * 1024;
    private static final long MAX_AGE = 1_000_000_000L;
    private static final int MAX_ROW = 2 * UtcTime.MAX_LENGTH + 2 * 20 + 16;

    private static final class Group {
        long start;
        long stop;
        long latency;
        int count;
    }

    private final FileOutputStream file;
    private final int groupSize;
    // The end of every row of an unlabelled file; null for a labelled file.
    private final byte[] place;
    private final Group[] groups = {new Group(), new Group()};
    private final byte[] buffer = new byte[PIECE];
    private int end;
    private boolean losesUnfinished;
    private long lastWrite = System.nanoTime();
    private final UtcTime starts = new UtcTime();
    private final UtcTime stops = new UtcTime();
    // System.nanoTime() and this make wall time.
    private long toEpoch;

    /** Opens {prefix}_data.csv and writes its header. Ends the process if that is impossible. */
    public Recorder(String prefix, int groupSize) {
        this(prefix, groupSize, "start,stop,count,latency_nanos,label\n", null);
    }

    /** An unlabelled recorder: rows end with the address of the client, in place of a count and a label. */
    public static Recorder unlabelled(String prefix, String host, int port) {
        return new Recorder(prefix, 1, "start,stop,latency_nanos,host,port\n", ascii(host + "," + port));
    }

    private Recorder(String prefix, int groupSize, String header, byte[] place) {
        this.groupSize = Math.max(1, groupSize);
        this.place = place;
        String path = prefix + "_data.csv";
        try {
            file = new FileOutputStream(path);
            file.write(ascii(header));
        } catch (IOException e) {
            throw Log.fatal("The recorder file " + path + " cannot be written: " + e.getMessage());
        }
        setClock();
    }

    /** Drops unfinished groups at the end, as some of FrankenPaxos's clients do. */
    public Recorder losingUnfinished() {
        losesUnfinished = true;
        return this;
    }

    /** Fixes how nanoTime maps to wall time, so that the stop of a row is exactly its start plus its latency. */
    public void setClock() {
        long before = System.nanoTime();
        long epoch = UtcTime.epochNanos();
        toEpoch = epoch - before - (System.nanoTime() - before) / 2;
    }

    /** Records one request. Start and stop are times of System.nanoTime(). */
    public void record(long start, long stop, int label) {
        Group group = groups[label];
        if (group.count == 0) {
            group.start = start;
        }
        group.stop = stop;
        group.latency += stop - start;
        if (++group.count == groupSize) {
            row(group, label);
        }
    }

    private void row(Group group, int label) {
        byte[] last = place != null ? place : LABELS[label];
        if (PIECE - end < MAX_ROW + last.length || group.stop - lastWrite > MAX_AGE) {
            write();
            lastWrite = group.stop;
        }
        int at = starts.write(group.start + toEpoch, buffer, end);
        buffer[at++] = ',';
        at = stops.write(group.stop + toEpoch, buffer, at);
        buffer[at++] = ',';
        if (place == null) {
            at = decimal(group.count, at);
            buffer[at++] = ',';
        }
        at = decimal(group.latency / group.count, at);
        buffer[at++] = ',';
        System.arraycopy(last, 0, buffer, at, last.length);
        at += last.length;
        buffer[at++] = '\n';
        end = at;
        group.count = 0;
        group.latency = 0;
    }

    private int decimal(long value, int at) {
        int digits = 1;
        for (long rest = value / 10; rest != 0; rest /= 10) {
            digits++;
        }
        for (int i = at + digits - 1; i >= at; i--) {
            buffer[i] = (byte) ('0' + value % 10);
            value /= 10;
        }
        return at + digits;
    }

    /** Writes unfinished groups, unless they are dropped, and all rows that are still buffered. */
    public void flush() {
        for (int label = 0; label < groups.length && !losesUnfinished; label++) {
            if (groups[label].count > 0) {
                row(groups[label], label);
            }
        }
        write();
    }

    private void write() {
        try {
            file.write(buffer, 0, end);
        } catch (IOException e) {
            throw Log.fatal("The recorder file cannot be written: " + e.getMessage());
        }
        end = 0;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
