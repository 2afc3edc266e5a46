// A protocol's client: the actor of a client process, with any number of sessions.
package fpray.client;

import fpray.runtime.Actor;
import java.util.ArrayList;

public abstract class SessionClient<S extends Session> extends Actor {
    private final ArrayList<S> sessions = new ArrayList<S>();

    protected SessionClient(String metricsName, String[] messageNames) {
        super(metricsName, messageNames);
    }

    /** Opens one more session. The pseudonyms are 0, 1, 2, ...; none is used twice. */
    public final S open(Caller caller) {
        S session = session(sessions.size(), caller);
        sessions.add(session);
        return session;
    }

    /** Makes a session of the protocol. */
    protected abstract S session(int pseudonym, Caller caller);

    /** The session with that pseudonym; null if there is none. A late answer to an earlier client at this address may name any. */
    protected final S find(int pseudonym) {
        return pseudonym < sessions.size() ? sessions.get(pseudonym) : null;
    }

    /** How many sessions have been opened. */
    protected final int count() {
        return sessions.size();
    }
}
