// The command line of a main: flags with types. All problems are reported before anything else happens.
package fpray.cli;

import java.util.ArrayList;

public final class Flags {
    private static final class Flag {
        final String name;
        final FlagType type;
        final boolean required;
        String value;
        boolean given;

        Flag(String name, FlagType type, boolean required, String value) {
            this.name = name;
            this.type = type;
            this.required = required;
            this.value = value;
        }
    }

    private final String main;
    private final ArrayList<Flag> flags = new ArrayList<Flag>();
    private final ArrayList<String> problems = new ArrayList<String>();

    public Flags(String main) {
        this.main = main;
    }

    public Flags required(String name, FlagType type) {
        flags.add(new Flag(name, type, true, null));
        return this;
    }

    public Flags optional(String name, FlagType type, String value) {
        flags.add(new Flag(name, type, false, value));
        return this;
    }

    public Flags prometheus(String defaultPort) {
        return optional("--prometheus_host", FlagType.STRING, "0.0.0.0").optional("--prometheus_port", FlagType.INT, defaultPort);
    }

    /** Parses the arguments. Prints the flags and exits 0 for --help; prints every problem and throws if there is one. */
    public Flags parse(String[] arguments) {
        for (int i = 0; i < arguments.length; i++) {
            String argument = arguments[i];
            if (argument.equals("--help")) {
                System.out.print(help());
                System.exit(0);
            }
            Flag flag = find(argument);
            if (flag == null) {
                problems.add(argument.startsWith("-") ? "Unknown option " + argument : "Unknown argument '" + argument + "'");
            } else if (i + 1 == arguments.length) {
                flag.given = true;
                problems.add("Missing value after " + argument);
            } else if (flag.given) {
                problems.add("Option " + argument + " is given more than once");
                i++;
            } else {
                take(flag, arguments[++i]);
            }
        }
        for (int i = 0; i < flags.size(); i++) {
            Flag flag = flags.get(i);
            if (flag.required && !flag.given) {
                problems.add("Missing option " + flag.name);
            }
        }
        refuseProblems();
        return this;
    }

    private void take(Flag flag, String value) {
        flag.given = true;
        flag.value = value;
        try {
            flag.type.check(value);
        } catch (NumberFormatException e) {
            problems.add("Option " + flag.name + " expects a number but was given '" + value + "'");
        } catch (IllegalArgumentException e) {
            problems.add("Option " + flag.name + " failed when given '" + value + "'. " + e.getMessage());
        }
    }

    private void refuseProblems() {
        if (problems.isEmpty()) {
            return;
        }
        for (int i = 0; i < problems.size(); i++) {
            System.err.println("Error: " + problems.get(i));
        }
        System.err.println("Try --help for more information.");
        throw new IllegalArgumentException("Could not parse flags.");
    }

    private String help() {
        StringBuilder text = new StringBuilder("Usage: " + main + " [options]\n\n");
        for (int i = 0; i < flags.size(); i++) {
            Flag flag = flags.get(i);
            text.append("  ").append(flag.name).append(" <").append(flag.type.name).append(">");
            text.append(flag.required ? " (required)\n" : flag.value == null ? " (optional)\n" : " (default: " + flag.value + ")\n");
        }
        return text.append("  --help\n").toString();
    }

    private Flag find(String name) {
        for (int i = 0; i < flags.size(); i++) {
            if (flags.get(i).name.equals(name)) {
                return flags.get(i);
            }
        }
        return null;
    }

    private Flag declared(String name) {
        Flag flag = find(name);
        if (flag == null) {
            throw new IllegalStateException(main + " has no flag " + name + ".");
        }
        return flag;
    }

    public String string(String name) {
        return declared(name).value;
    }

    public int integer(String name) {
        return FlagType.parseInt(string(name));
    }

    public boolean bool(String name) {
        return FlagType.parseBoolean(string(name));
    }

    /** In nanoseconds; Durations.INFINITE for Inf. */
    public long nanos(String name) {
        return Durations.nanos(string(name));
    }
}
