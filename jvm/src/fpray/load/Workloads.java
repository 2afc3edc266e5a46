// Reads workload files: WorkloadProto for most protocols, ReadWriteWorkloadProto for protocols that distinguish reads.
package fpray.load;

import fpray.cli.FlagType;
import fpray.cli.TextProto;
import fpray.cli.TextProtoParser;

public final class Workloads {
    private static final TextProto.Kind STRING = new TextProto.Kind().scalar("size_mean").scalar("size_std");
    private static final TextProto.Kind UNIFORM_KEY = new TextProto.Kind().scalar("num_keys").scalar("size_mean").scalar("size_std");
    private static final TextProto.Kind BERNOULLI = new TextProto.Kind().scalar("conflict_rate").scalar("size_mean").scalar("size_std");
    private static final TextProto.Kind PLAIN = new TextProto.Kind()
        .message("string_workload", STRING)
        .message("uniform_single_key_workload", UNIFORM_KEY)
        .message("bernoulli_single_key_workload", BERNOULLI);
    private static final TextProto.Kind SINGLE_KEY_READ_WRITE = singleKeyReadWrite();
    private static final TextProto.Kind READ_WRITE = singleKeyReadWrite()
        .message("uniform_multi_key_read_write_workload", readWrite().scalar("num_operations"))
        .message("write_only_string_workload", new TextProto.Kind().message("workload", STRING))
        .message("write_only_uniform_single_key_workload", new TextProto.Kind().message("workload", UNIFORM_KEY))
        .message("write_only_bernoulli_single_key_workload", new TextProto.Kind().message("workload", BERNOULLI));

    /** The type of a --workload flag: the file is parsed when the flags are checked. */
    public static final class FileType extends FlagType {
        private final boolean readWrite;
        private final TextProto.Kind kind;

        public FileType(boolean readWrite) {
            this(readWrite, readWrite ? READ_WRITE : PLAIN);
        }

        private FileType(boolean readWrite, TextProto.Kind kind) {
            super(readWrite ? "File(ReadWriteWorkloadProto)" : "File(WorkloadProto)");
            this.readWrite = readWrite;
            this.kind = kind;
        }

        /** Only reads and writes of one key at a time: craq's ReadWriteWorkloadProto has no others. */
        public static FileType singleKeyReadWrite() {
            return new FileType(true, SINGLE_KEY_READ_WRITE);
        }

        @Override
        public void check(String path) {
            try {
                Workloads.read(path, readWrite, kind);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
        }
    }

    private Workloads() {}

    private static TextProto.Kind singleKeyReadWrite() {
        return new TextProto.Kind()
            .message("uniform_read_write_workload", readWrite())
            .message("point_skewed_read_write_workload", readWrite().scalar("point_fraction"));
    }

    private static TextProto.Kind readWrite() {
        return new TextProto.Kind().scalar("num_keys").scalar("read_fraction").scalar("write_size_mean").scalar("write_size_std");
    }

    /** A WorkloadProto file; null for the default of the flag. */
    public static Workload plain(String path) {
        return path == null ? new StringWorkload(0, 0) : read(path, false, PLAIN);
    }

    /** A ReadWriteWorkloadProto file; null for the default of the flag: one key, with this share of reads. */
    public static Workload readWrite(String path, double defaultReadFraction) {
        return path == null ? ReadWriteWorkload.uniform(1, defaultReadFraction, 1, 0) : read(path, true, READ_WRITE);
    }

    static void require(boolean holds, String field, int value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("The workload's " + field + " is " + value + ", but must be " + expected + ".");
        }
    }

    private static Workload read(String path, boolean readWrite, TextProto.Kind kind) {
        TextProto file = TextProtoParser.parseFile(path, kind);
        return readWrite ? readWrite(file) : plain(file);
    }

    private static Workload plain(TextProto file) {
        if (file.has("string_workload")) {
            return string(file.message("string_workload"));
        }
        if (file.has("uniform_single_key_workload")) {
            return uniformKey(file.message("uniform_single_key_workload"));
        }
        if (file.has("bernoulli_single_key_workload")) {
            return bernoulli(file.message("bernoulli_single_key_workload"));
        }
        throw new IllegalArgumentException("The workload file is empty.");
    }

    private static Workload readWrite(TextProto file) {
        if (file.has("uniform_read_write_workload")) {
            TextProto m = file.message("uniform_read_write_workload");
            return ReadWriteWorkload.uniform(m.integer("num_keys"), m.number("read_fraction"), m.integer("write_size_mean"), m.integer("write_size_std"));
        }
        if (file.has("point_skewed_read_write_workload")) {
            TextProto m = file.message("point_skewed_read_write_workload");
            return ReadWriteWorkload.pointSkewed(m.integer("num_keys"), m.number("read_fraction"), m.number("point_fraction"),
                m.integer("write_size_mean"), m.integer("write_size_std"));
        }
        if (file.has("uniform_multi_key_read_write_workload")) {
            TextProto m = file.message("uniform_multi_key_read_write_workload");
            return ReadWriteWorkload.multiKey(m.integer("num_keys"), m.integer("num_operations"), m.number("read_fraction"),
                m.integer("write_size_mean"), m.integer("write_size_std"));
        }
        if (file.has("write_only_string_workload")) {
            return string(file.message("write_only_string_workload").message("workload"));
        }
        if (file.has("write_only_uniform_single_key_workload")) {
            return uniformKey(file.message("write_only_uniform_single_key_workload").message("workload"));
        }
        if (file.has("write_only_bernoulli_single_key_workload")) {
            return bernoulli(file.message("write_only_bernoulli_single_key_workload").message("workload"));
        }
        throw new IllegalArgumentException("The workload file is empty.");
    }

    private static Workload string(TextProto m) {
        return new StringWorkload(m.integer("size_mean"), m.integer("size_std"));
    }

    private static Workload uniformKey(TextProto m) {
        return SingleKeyWorkload.uniform(m.integer("num_keys"), m.integer("size_mean"), m.integer("size_std"));
    }

    private static Workload bernoulli(TextProto m) {
        return SingleKeyWorkload.bernoulli(m.number("conflict_rate"), m.integer("size_mean"), m.integer("size_std"));
    }
}
