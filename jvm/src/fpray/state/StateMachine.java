// The service that is replicated: it executes commands and returns results. A command that it does not know ends the process.
// These are the four of --state_machine.
package fpray.state;

import fpray.runtime.Reader;
import fpray.runtime.Writer;

public abstract class StateMachine {
    /** Receives the keys that a command reads and writes. */
    public interface Touches {
        void touch(String key, boolean writes);
    }

    public static final String[] NAMES = {"AppendLog", "KeyValueStore", "Noop", "Register"};
    static final byte[] EMPTY = new byte[0];

    public static StateMachine of(String name) {
        switch (name) {
            case "AppendLog":
                return new AppendLog();
            case "KeyValueStore":
                return new KeyValueStore();
            case "Noop":
                return new Noop();
            case "Register":
                return new Register();
            default:
                throw new IllegalArgumentException(name + " is no state machine.");
        }
    }

    /** Executes a command and returns its result. */
    public abstract byte[] run(byte[] bytes, int from, int length);

    /** Executes a command that must not change anything: a read that does not go through the log. */
    public abstract byte[] read(byte[] bytes, int from, int length);

    /** Reports the keys of a command. Two commands conflict if one of them writes a key of the other. */
    public void touches(byte[] bytes, int from, int length, Touches to) {
        to.touch("", true);
    }

    /** Writes the whole state, for a replica that is far behind. */
    public abstract void save(Writer to);

    /** Replaces the state with one that save() wrote. */
    public abstract void load(Reader from);
}
