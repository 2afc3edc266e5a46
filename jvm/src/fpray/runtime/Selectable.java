// What the event loop's selector wakes: a connection or a listening socket.
package fpray.runtime;

abstract class Selectable {
    abstract void ready(int operations);
}
