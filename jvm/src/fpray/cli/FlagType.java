// The type of a flag: checks a value. The error messages have the wording of FrankenPaxos.
package fpray.cli;

public class FlagType {
    public static final FlagType STRING = new FlagType("String");
    public static final FlagType FILE = new FlagType("File");
    public static final FlagType INT = new IntType();
    public static final FlagType BOOLEAN = new BooleanType();
    public static final FlagType DURATION = new DurationType("java.time.Duration", false);
    /** A duration that may be Inf. */
    public static final FlagType TIMEOUT = new DurationType("Duration", true);
    public static final FlagType LOG_LEVEL = new Choice(fpray.runtime.Log.LEVELS);
    public static final FlagType STATE_MACHINE = new Choice(fpray.state.StateMachine.NAMES);

    public final String name;

    protected FlagType(String name) {
        this.name = name;
    }

    /** Throws NumberFormatException if the value is not a number, else IllegalArgumentException with what is wrong with it. */
    public void check(String value) {}

    static int parseInt(String value) {
        if (value.startsWith("0x") || value.startsWith("0X")) {
            return Integer.parseInt(value.substring(2), 16);
        }
        return Integer.parseInt(value);
    }

    static boolean parseBoolean(String value) {
        switch (value.toLowerCase()) {
            case "true":
            case "yes":
            case "1":
                return true;
            case "false":
            case "no":
            case "0":
                return false;
            default:
                throw new IllegalArgumentException("'" + value + "' is not a boolean.");
        }
    }

    private static final class IntType extends FlagType {
        IntType() {
            super("Int");
        }

        @Override
        public void check(String value) {
            parseInt(value);
        }
    }

    private static final class BooleanType extends FlagType {
        BooleanType() {
            super("Boolean");
        }

        @Override
        public void check(String value) {
            parseBoolean(value);
        }
    }

    private static final class DurationType extends FlagType {
        private final boolean mayBeInfinite;

        DurationType(String name, boolean mayBeInfinite) {
            super(name);
            this.mayBeInfinite = mayBeInfinite;
        }

        @Override
        public void check(String value) {
            if (Durations.nanos(value) == Durations.INFINITE && !mayBeInfinite) {
                throw new IllegalArgumentException("An infinite duration is not allowed here.");
            }
        }
    }

    /** One of several words. */
    public static final class Choice extends FlagType {
        private final String[] choices;

        public Choice(String[] choices) {
            super(join(choices, "|"));
            this.choices = choices;
        }

        @Override
        public void check(String value) {
            for (int i = 0; i < choices.length; i++) {
                if (choices[i].equals(value)) {
                    return;
                }
            }
            String[] head = new String[choices.length - 1];
            System.arraycopy(choices, 0, head, 0, head.length);
            throw new IllegalArgumentException(value + " is not one of " + join(head, ", ") + ", or " + choices[head.length] + ".");
        }

        private static String join(String[] words, String separator) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < words.length; i++) {
                text.append(i == 0 ? "" : separator).append(words[i]);
            }
            return text.toString();
        }
    }
}
