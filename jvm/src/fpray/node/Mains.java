// What the mains of all servers share: start; and, with a config file, flags and index.
package fpray.node;

import fpray.cli.FlagType;
import fpray.cli.Flags;
import fpray.metrics.PrometheusServer;
import fpray.runtime.Actor;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;

public final class Mains {
    private Mains() {}

    /** The flags of a server of which the config names only one. */
    public static Flags flags(String main) {
        return common(new Flags(main)).prometheus("8009");
    }

    /** The flags of a server that is one of several in the config. */
    public static Flags numbered(String main) {
        return common(new Flags(main).required("--index", FlagType.INT)).prometheus("8009");
    }

    private static Flags common(Flags flags) {
        return flags.required("--config", FlagType.FILE).required("--log_level", FlagType.LOG_LEVEL);
    }

    /** The value of an index flag. Ends the process if the config has no such address. */
    public static int index(Flags flags, String flag, int count, String role) {
        int index = flags.integer(flag);
        if (index < 0 || index >= count) {
            throw Log.fatal("IndexOutOfBoundsException: " + flag + " is " + index + ", but the config has " + count + " " + role + " addresses.");
        }
        return index;
    }

    /** Listens at the address, serves metrics, and runs until the process ends. */
    public static void serve(Flags flags, EventLoop loop, long address, Actor actor) {
        loop.listen(address, actor);
        PrometheusServer.start(flags, loop);
        loop.run();
    }
}
