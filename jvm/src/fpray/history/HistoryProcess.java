// One process of a history: one operation after the other, gets and sets of random keys. No value is set twice.
package fpray.history;

import fpray.client.Caller;
import fpray.client.Session;
import fpray.client.SessionClient;
import fpray.runtime.Timer;
import fpray.runtime.Writer;
import fpray.state.KeyValueCommands;
import java.util.Random;

final class HistoryProcess implements Caller {
    private final History history;
    private final int index;
    private final Session session;
    private final Random random;
    private final Timer next;
    private boolean isGet;
    private String key;
    private String value;
    private long invoked;
    private boolean isWaiting;
    private int sets;

    HistoryProcess(History history, int index, SessionClient<?> client) {
        this.history = history;
        this.index = index;
        session = client.open(this);
        random = new Random(history.seed * 1_000_003L + index);
        next = new Timer(history.loop) {
            @Override
            protected void fire() {
                invoke();
            }
        };
    }

    /** Starts the next operation. */
    void invoke() {
        isGet = random.nextDouble() < history.getFraction;
        key = Integer.toString(random.nextInt(history.keys));
        Writer command = session.command;
        command.clear();
        isWaiting = true;
        invoked = System.nanoTime();
        if (isGet) {
            value = "";
            KeyValueCommands.beginGet(command, 1);
            KeyValueCommands.key(command, key);
            session.read();
        } else {
            value = "p" + index + "n" + sets++;
            KeyValueCommands.beginSet(command, 1);
            KeyValueCommands.key(command, key);
            KeyValueCommands.key(command, value);
            session.write();
        }
    }

    @Override
    public void answered(byte[] result) {
        long returned = System.nanoTime();
        if (isGet) {
            String current = KeyValueCommands.singleValue(result);
            value = current == null ? "" : current;
        }
        isWaiting = false;
        write(Long.toString(returned));
        if (history.isEnding()) {
            history.processEnded();
        } else {
            next.start(history.pause);
        }
    }

    /** Writes the operation in flight, if there is one, without an answer. */
    void writeUnanswered() {
        if (isWaiting) {
            write("");
        }
    }

    private void write(String returned) {
        history.write(index + "," + (isGet ? "get" : "set") + "," + key + "," + value + "," + invoked + "," + returned + "\n");
    }
}
