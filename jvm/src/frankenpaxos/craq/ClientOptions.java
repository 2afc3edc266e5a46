// The --options flags of the client.
package frankenpaxos.craq;

import fpray.cli.FlagType;
import fpray.cli.Flags;

final class ClientOptions {
    final long resendClientRequestPeriod;
    final long resendReadRequestPeriod;
    final int flushWritesEveryN;
    final int flushReadsEveryN;
    final int batchSize;

    ClientOptions(Flags flags) {
        resendClientRequestPeriod = flags.nanos("--options.resendClientRequestPeriod");
        resendReadRequestPeriod = flags.nanos("--options.resendReadRequestPeriod");
        flushWritesEveryN = flags.integer("--options.flushWritesEveryN");
        flushReadsEveryN = flags.integer("--options.flushReadsEveryN");
        batchSize = flags.integer("--options.batchSize");
    }

    static void addFlags(Flags flags) {
        flags.optional("--options.resendClientRequestPeriod", FlagType.DURATION, "10s")
            .optional("--options.resendReadRequestPeriod", FlagType.DURATION, "10s")
            .optional("--options.flushWritesEveryN", FlagType.INT, "1")
            .optional("--options.flushReadsEveryN", FlagType.INT, "1")
            .optional("--options.batchSize", FlagType.INT, "1");
    }
}
