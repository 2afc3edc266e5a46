// The metrics port: a small HTTP server on a thread of its own, so that a scrape does not delay messages.
package fpray.metrics;

import fpray.cli.Flags;
import fpray.runtime.Actor;
import fpray.runtime.Address;
import fpray.runtime.EventLoop;
import fpray.runtime.Log;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

public final class PrometheusServer extends Thread {
    private static final int READ_TIMEOUT_MS = 5_000;

    private final ServerSocket server;
    private final EventLoop loop;

    private PrometheusServer(ServerSocket server, EventLoop loop) {
        super("prometheus");
        setDaemon(true);
        this.server = server;
        this.loop = loop;
    }

    /** Serves at the address of the flags; port -1 means no metrics. Ends the process if the port is taken. */
    public static void start(Flags flags, EventLoop loop) {
        int port = flags.integer("--prometheus_port");
        if (port == -1) {
            return;
        }
        long address = Address.of(flags.string("--prometheus_host"), port);
        try {
            ServerSocket server = new ServerSocket();
            server.bind(Address.socketAddress(address), 64);
            new PrometheusServer(server, loop).start();
            Log.info("Serving metrics on " + Address.text(address) + ".");
        } catch (IOException e) {
            throw Log.fatal(e.getMessage() + ": " + Address.text(address));
        }
        Actor[] actors = loop.actors();
        for (int i = 0; i < actors.length; i++) {
            actors[i].timeHandlers();
        }
    }

    @Override
    public void run() {
        while (true) {
            try (Socket socket = server.accept()) {
                socket.setSoTimeout(READ_TIMEOUT_MS);
                answer(socket);
            } catch (IOException e) {
                Log.debug("A scrape failed: " + e.getMessage());
            }
        }
    }

    private void answer(Socket socket) throws IOException {
        if (!readRequest(socket.getInputStream())) {
            return;
        }
        byte[] body = Series.text(loop).getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: " + body.length
            + "\r\nConnection: close\r\n\r\n";
        OutputStream out = socket.getOutputStream();
        out.write(head.getBytes(StandardCharsets.ISO_8859_1));
        out.write(body);
        out.flush();
    }

    /** Reads up to the empty line that ends a request. Every path gets the metrics, as in FrankenPaxos. */
    private static boolean readRequest(InputStream in) throws IOException {
        int matched = 0;
        for (int read = 0; read < 16 * 1024; read++) {
            int c = in.read();
            if (c < 0) {
                return false;
            }
            matched = c == "\r\n\r\n".charAt(matched) ? matched + 1 : c == '\r' ? 1 : 0;
            if (matched == 4) {
                return true;
            }
        }
        return false;
    }
}
