// The --options flags of the replica.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;

final class ReplicaOptions {
    final int logGrowSize;
    final boolean unsafeDontUseClientTable;
    final int sendChosenWatermarkEveryNEntries;
    final long recoverLogEntryMinPeriod;
    final long recoverLogEntryMaxPeriod;
    final boolean unsafeDontRecover;

    ReplicaOptions(Flags flags) {
        logGrowSize = flags.integer("--options.logGrowSize");
        unsafeDontUseClientTable = flags.bool("--options.unsafeDontUseClientTable");
        sendChosenWatermarkEveryNEntries = flags.integer("--options.sendChosenWatermarkEveryNEntries");
        recoverLogEntryMinPeriod = flags.nanos("--options.recoverLogEntryMinPeriod");
        recoverLogEntryMaxPeriod = flags.nanos("--options.recoverLogEntryMaxPeriod");
        unsafeDontRecover = flags.bool("--options.unsafeDontRecover");
    }

    static Flags addFlags(Flags flags) {
        return flags.optional("--options.logGrowSize", FlagType.INT, "5000")
            .optional("--options.unsafeDontUseClientTable", FlagType.BOOLEAN, "false")
            .optional("--options.sendChosenWatermarkEveryNEntries", FlagType.INT, "1000")
            .optional("--options.recoverLogEntryMinPeriod", FlagType.DURATION, "5000ms")
            .optional("--options.recoverLogEntryMaxPeriod", FlagType.DURATION, "10000ms")
            .optional("--options.unsafeDontRecover", FlagType.BOOLEAN, "false");
    }
}
