// Starts a leader and its part in the election.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.node.Mains;
import fpray.runtime.EventLoop;

public final class LeaderMain {
    private LeaderMain() {}

    public static void main(String[] arguments) {
        Flags flags = Mains.numbered("frankenpaxos.multipaxos.LeaderMain")
            .optional("--options.resendPhase1asPeriod", FlagType.DURATION, "5s")
            .optional("--options.flushPhase2asEveryN", FlagType.INT, "1")
            .optional("--options.noopFlushPeriod", FlagType.DURATION, "0s")
            .optional("--options.election.pingPeriod", FlagType.DURATION, "30s")
            .optional("--options.election.noPingTimeoutMin", FlagType.DURATION, "60s")
            .optional("--options.election.noPingTimeoutMax", FlagType.DURATION, "120s")
            .parse(arguments);
        Config config = Config.load(flags);
        int index = Mains.index(flags, "--index", config.leaders.length, "leader");
        EventLoop loop = new EventLoop();
        Leader leader = new Leader(loop, config, index, flags.nanos("--options.resendPhase1asPeriod"),
            flags.integer("--options.flushPhase2asEveryN"), flags.nanos("--options.noopFlushPeriod"));
        Election election = new Election(loop, config, index, leader, flags.nanos("--options.election.pingPeriod"),
            flags.nanos("--options.election.noPingTimeoutMin"), flags.nanos("--options.election.noPingTimeoutMax"));
        loop.listen(config.elections[index], election);
        election.start();
        Mains.serve(flags, loop, config.leaders[index], leader);
    }
}
