// The state machine that does nothing.
package fpray.state;

import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class Noop extends StateMachine {
    @Override
    public byte[] run(byte[] bytes, int from, int length) {
        return EMPTY;
    }

    @Override
    public byte[] read(byte[] bytes, int from, int length) {
        return EMPTY;
    }

    @Override
    public void touches(byte[] bytes, int from, int length, Touches to) {}

    @Override
    public void save(Writer to) {}

    @Override
    public void load(Reader from) {}
}
