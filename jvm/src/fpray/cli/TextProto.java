// A parsed message in protobuf's text format: its fields by name.
package fpray.cli;

import java.util.ArrayList;

public final class TextProto {
    /** The fields that a kind of message may have: scalars, and messages of another kind. */
    public static final class Kind {
        private final ArrayList<String> names = new ArrayList<String>();
        private final ArrayList<Kind> kinds = new ArrayList<Kind>();

        public Kind scalar(String name) {
            return message(name, null);
        }

        public Kind message(String name, Kind kind) {
            names.add(name);
            kinds.add(kind);
            return this;
        }

        int indexOf(String name) {
            return names.indexOf(name);
        }

        Kind kind(int index) {
            return kinds.get(index);
        }
    }

    private final String what;
    private final ArrayList<String> names = new ArrayList<String>();
    // A String for a scalar, a TextProto for a message.
    private final ArrayList<Object> values = new ArrayList<Object>();

    TextProto(String what) {
        this.what = what;
    }

    void add(String name, Object value) {
        names.add(name);
        values.add(value);
    }

    public boolean has(String name) {
        return names.contains(name);
    }

    public int integer(String name) {
        String value = scalar(name);
        try {
            return FlagType.parseInt(value);
        } catch (NumberFormatException e) {
            throw wrong(name, value, "an int32");
        }
    }

    public double number(String name) {
        String value = scalar(name);
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw wrong(name, value, "a number");
        }
    }

    public boolean bool(String name) {
        String value = scalar(name);
        if (value.equals("true") || value.equals("True") || value.equals("t") || value.equals("1")) {
            return true;
        }
        if (value.equals("false") || value.equals("False") || value.equals("f") || value.equals("0")) {
            return false;
        }
        throw wrong(name, value, "true or false");
    }

    /** The value; the last one if the field is given more than once, as in protobuf. */
    public String scalar(String name) {
        return (String) required(name);
    }

    public TextProto message(String name) {
        return (TextProto) required(name);
    }

    private Object required(String name) {
        int index = names.lastIndexOf(name);
        if (index < 0) {
            throw new IllegalArgumentException("The required field " + name + " is missing from " + what + ".");
        }
        return values.get(index);
    }

    /** All messages of a repeated field, in order. */
    public ArrayList<TextProto> messages(String name) {
        ArrayList<TextProto> all = new ArrayList<TextProto>();
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals(name)) {
                all.add((TextProto) values.get(i));
            }
        }
        return all;
    }

    private IllegalArgumentException wrong(String name, String value, String expected) {
        return new IllegalArgumentException("The field " + name + " of " + what + " is '" + value + "', which is not " + expected + ".");
    }
}
