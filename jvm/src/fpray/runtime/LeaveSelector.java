// Wakes the event loop from its system call when the process ends: a JVM that ends waits 0.3 s for threads in native code.
package fpray.runtime;

final class LeaveSelector extends Thread {
    private final EventLoop loop;

    LeaveSelector(EventLoop loop) {
        this.loop = loop;
    }

    @Override
    public void run() {
        loop.ending = true;
        loop.selector.wakeup();
    }
}
