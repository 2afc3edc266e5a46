// What the mains of servers in a config file have in common: their flags, their index, their start.
package fpray.node;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.metrics.PrometheusServer;
import fpray.runtime.Actor;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;

public final class Mains {
    private Mains() {}

    /** The flags of every server that the config names. */
    public static Flags flags(String main) {
        return common(new Flags(main)).prometheus("8009");
    }

    /** The flags of a server that is one of several. */
    public static Flags numbered(String main) {
        return common(new Flags(main).required("--index", FlagType.INT)).prometheus("8009");
    }

    private static Flags common(Flags flags) {
        return flags.required("--config", FlagType.FILE).required("--log_level", FlagType.LOG_LEVEL);
    }

    /** The value of an index flag, or the end of the process if there is no such address. */
    public static int index(Flags flags, String flag, int count, String role) {
        int index = flags.integer(flag);
        if (index < 0 || index >= count) {
            throw Log.fatal("IndexOutOfBoundsException: " + flag + " is " + index + ", but the config has " + count + " " + role + " addresses.");
        }
        return index;
    }

    public static void serve(Flags flags, EventLoop loop, long address, Actor actor) {
        loop.listen(address, actor);
        PrometheusServer.start(flags, loop);
        loop.run();
    }
}
