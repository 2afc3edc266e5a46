// Waits for the end of the standard input: the program that started the history ends it by closing its end, or by ending itself.
package fpray.history;

import fpray.runtime.Log;
import java.io.IOException;

final class EndOfInput extends Thread {
    private volatile boolean isOver;

    EndOfInput() {
        setDaemon(true);
    }

    boolean isOver() {
        return isOver;
    }

    @Override
    public void run() {
        try {
            while (System.in.read() >= 0) {
                // What is typed does not matter.
            }
        } catch (IOException e) {
            Log.warn("The standard input cannot be read: " + e.getMessage());
        }
        isOver = true;
    }
}
