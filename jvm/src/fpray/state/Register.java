// One value. A command sets it, and its result is the value; a read returns it.
package fpray.state;

import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class Register extends StateMachine {
    private byte[] value = EMPTY;

    @Override
    public byte[] run(byte[] bytes, int from, int length) {
        value = new byte[length];
        System.arraycopy(bytes, from, value, 0, length);
        return value;
    }

    @Override
    public byte[] read(byte[] bytes, int from, int length) {
        return value;
    }

    @Override
    public void save(Writer to) {
        to.blob(value);
    }

    @Override
    public void load(Reader from) {
        value = from.blob();
    }
}
