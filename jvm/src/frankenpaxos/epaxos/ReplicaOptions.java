// The --options and --zigzag flags of the replica.
package frankenpaxos.epaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;

final class ReplicaOptions {
    private static final FlagType THRIFTY_SYSTEM = new FlagType.Choice(new String[] {"NotThrifty", "Random", "Closest"});

    final String thriftySystem;
    final long resendPreAcceptsPeriod;
    final long defaultToSlowPathPeriod;
    final long resendAcceptsPeriod;
    final long resendPreparesPeriod;
    final long recoverInstanceMinPeriod;
    final long recoverInstanceMaxPeriod;
    final boolean unsafeSkipGraphExecution;
    final int executeGraphBatchSize;
    final long executeGraphPeriod;
    final int numBlockers;
    final boolean unsafeReturnNoDependencies;
    final int verticesGrowSize;
    final int garbageCollectEveryNCommands;

    ReplicaOptions(Flags flags) {
        thriftySystem = flags.string("--options.thriftySystem");
        resendPreAcceptsPeriod = flags.nanos("--options.resendPreAcceptsTimerPeriod");
        defaultToSlowPathPeriod = flags.nanos("--options.defaultToSlowPathTimerPeriod");
        resendAcceptsPeriod = flags.nanos("--options.resendAcceptsTimerPeriod");
        resendPreparesPeriod = flags.nanos("--options.resendPreparesTimerPeriod");
        recoverInstanceMinPeriod = flags.nanos("--options.recoverInstanceTimerMinPeriod");
        recoverInstanceMaxPeriod = flags.nanos("--options.recoverInstanceTimerMaxPeriod");
        unsafeSkipGraphExecution = flags.bool("--options.unsafeSkipGraphExecution");
        executeGraphBatchSize = flags.integer("--options.executeGraphBatchSize");
        executeGraphPeriod = flags.nanos("--options.executeGraphTimerPeriod");
        numBlockers = flags.integer("--options.numBlockers");
        unsafeReturnNoDependencies = flags.bool("--options.unsafeReturnNoDependencies");
        verticesGrowSize = flags.integer("--zigzag.verticesGrowSize");
        garbageCollectEveryNCommands = flags.integer("--zigzag.garbageCollectEveryNCommands");
    }

    /** The shortest period after which a replica acts by itself. */
    long shortestPeriod() {
        long resend = Math.min(Math.min(resendPreAcceptsPeriod, defaultToSlowPathPeriod), Math.min(resendAcceptsPeriod, resendPreparesPeriod));
        return Math.min(resend, recoverInstanceMinPeriod);
    }

    static Flags addFlags(Flags flags) {
        return flags.optional("--options.thriftySystem", THRIFTY_SYSTEM, "NotThrifty")
            .optional("--options.resendPreAcceptsTimerPeriod", FlagType.DURATION, "1s")
            .optional("--options.defaultToSlowPathTimerPeriod", FlagType.DURATION, "1s")
            .optional("--options.resendAcceptsTimerPeriod", FlagType.DURATION, "1s")
            .optional("--options.resendPreparesTimerPeriod", FlagType.DURATION, "1s")
            .optional("--options.recoverInstanceTimerMinPeriod", FlagType.DURATION, "500ms")
            .optional("--options.recoverInstanceTimerMaxPeriod", FlagType.DURATION, "1500ms")
            .optional("--options.unsafeSkipGraphExecution", FlagType.BOOLEAN, "false")
            .optional("--options.executeGraphBatchSize", FlagType.INT, "1")
            .optional("--options.executeGraphTimerPeriod", FlagType.DURATION, "1s")
            .optional("--options.numBlockers", FlagType.INT, "-1")
            // It changes nothing: the dependencies are always all instances of a column up to the last conflict.
            .optional("--options.topKDependencies", FlagType.INT, "1")
            .optional("--options.unsafeReturnNoDependencies", FlagType.BOOLEAN, "false")
            .optional("--zigzag.verticesGrowSize", FlagType.INT, "1000")
            .optional("--zigzag.garbageCollectEveryNCommands", FlagType.INT, "1000");
    }
}
