// The --options flags of the client, and the consistency of its reads.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;

final class ClientOptions {
    static final String[] CONSISTENCIES = {"linearizable", "sequential", "eventual"};

    final String readConsistency;
    final long resendClientRequestPeriod;
    final long resendMaxSlotRequestsPeriod;
    final long resendReadRequestPeriod;
    final long resendSequentialReadRequestPeriod;
    final long resendEventualReadRequestPeriod;
    final boolean unsafeReadAtFirstSlot;
    final boolean unsafeReadAtI;
    final int flushWritesEveryN;
    final int flushReadsEveryN;

    ClientOptions(Flags flags) {
        readConsistency = flags.string("--read_consistency");
        resendClientRequestPeriod = flags.nanos("--options.resendClientRequestPeriod");
        resendMaxSlotRequestsPeriod = flags.nanos("--options.resendMaxSlotRequestsPeriod");
        resendReadRequestPeriod = flags.nanos("--options.resendReadRequestPeriod");
        resendSequentialReadRequestPeriod = flags.nanos("--options.resendSequentialReadRequestPeriod");
        resendEventualReadRequestPeriod = flags.nanos("--options.resendEventualReadRequestPeriod");
        unsafeReadAtFirstSlot = flags.bool("--options.unsafeReadAtFirstSlot");
        unsafeReadAtI = flags.bool("--options.unsafeReadAtI");
        flushWritesEveryN = flags.integer("--options.flushWritesEveryN");
        flushReadsEveryN = flags.integer("--options.flushReadsEveryN");
    }

    static void addFlags(Flags flags) {
        flags.optional("--read_consistency", new FlagType.Choice(CONSISTENCIES), "linearizable")
            .optional("--options.resendClientRequestPeriod", FlagType.DURATION, "10s")
            .optional("--options.resendMaxSlotRequestsPeriod", FlagType.DURATION, "10s")
            .optional("--options.resendReadRequestPeriod", FlagType.DURATION, "10s")
            .optional("--options.resendSequentialReadRequestPeriod", FlagType.DURATION, "10s")
            .optional("--options.resendEventualReadRequestPeriod", FlagType.DURATION, "10s")
            .optional("--options.unsafeReadAtFirstSlot", FlagType.BOOLEAN, "false")
            .optional("--options.unsafeReadAtI", FlagType.BOOLEAN, "false")
            .optional("--options.flushWritesEveryN", FlagType.INT, "1")
            .optional("--options.flushReadsEveryN", FlagType.INT, "1");
    }
}
