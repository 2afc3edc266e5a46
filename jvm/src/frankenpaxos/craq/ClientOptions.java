// The client's --options flags.
package frankenpaxos.craq;

import fpray.cli.FlagType;
import fpray.cli.Flags;

public final class ClientOptions {
    final long resendClientRequestPeriod;
    final long resendReadRequestPeriod;
    final int flushWritesEveryN;
    final int flushReadsEveryN;
    final int batchSize;

    public ClientOptions(Flags flags) {
        resendClientRequestPeriod = flags.nanos("--options.resendClientRequestPeriod");
        resendReadRequestPeriod = flags.nanos("--options.resendReadRequestPeriod");
        flushWritesEveryN = flags.integer("--options.flushWritesEveryN");
        flushReadsEveryN = flags.integer("--options.flushReadsEveryN");
        batchSize = flags.integer("--options.batchSize");
    }

    public static Flags flags(Flags flags) {
        return flags.optional("--options.resendClientRequestPeriod", FlagType.DURATION, "10s")
            .optional("--options.resendReadRequestPeriod", FlagType.DURATION, "10s")
            .optional("--options.flushWritesEveryN", FlagType.INT, "1")
            .optional("--options.flushReadsEveryN", FlagType.INT, "1")
            .optional("--options.batchSize", FlagType.INT, "1");
    }
}
