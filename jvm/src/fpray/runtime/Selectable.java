// What the selector of the event loop wakes: a connection or a listening socket.
package fpray.runtime;

abstract class Selectable {
    abstract void ready(int operations);
}
