// A plain blocking TCP echo: EchoServer HOST PORT. It measures the network part of a request's latency.
package fpray.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

public final class EchoServer extends Thread {
    private final Socket socket;

    private EchoServer(Socket socket) {
        this.socket = socket;
    }

    public static void main(String[] arguments) throws IOException {
        InetAddress host = InetAddress.getByName(arguments[0]);
        try (ServerSocket server = new ServerSocket(Integer.parseInt(arguments[1]), 50, host)) {
            while (true) {
                new EchoServer(server.accept()).start();
            }
        }
    }

    @Override
    public void run() {
        byte[] buffer = new byte[4096];
        try (Socket s = socket) {
            s.setTcpNoDelay(true);
            InputStream in = s.getInputStream();
            OutputStream out = s.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            System.err.println("An echo connection broke: " + e.getMessage());
        }
    }
}
