// What the mains of this protocol have in common: their flags, their index, their start.
package frankenpaxos.multipaxos;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.metrics.PrometheusServer;
import fpray.runtime.Actor;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;

final class Mains {
    private Mains() {}

    /** The flags of every server. */
    static Flags flags(String main) {
        return new Flags("frankenpaxos.multipaxos." + main)
            .required("--index", FlagType.INT)
            .required("--config", FlagType.FILE)
            .required("--log_level", FlagType.LOG_LEVEL)
            .prometheus("8009");
    }

    static Config config(Flags flags) {
        Log.setLevel(flags.string("--log_level"));
        return Config.load(flags.string("--config"));
    }

    /** The value of an index flag, or the end of the process if there is no such address. */
    static int index(Flags flags, String flag, int count, String role) {
        int index = flags.integer(flag);
        if (index < 0 || index >= count) {
            throw Log.fatal("IndexOutOfBoundsException: " + flag + " is " + index + ", but the config has " + count + " " + role + " addresses.");
        }
        return index;
    }

    static void serve(Flags flags, EventLoop loop, long address, Actor actor) {
        loop.listen(address, actor);
        PrometheusServer.start(flags, loop);
        loop.run();
    }
}
