// The unreplicated client: closed loops over one connection. Nothing is ever sent again, so a lost message stops its loop.
package frankenpaxos.unreplicated;

import fpray.load.ClosedLoop;
import fpray.load.Phases;
import fpray.load.Recorder;
import fpray.load.Workload;
import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Writer;
import java.util.ArrayList;

final class Client extends Actor implements Phases.Loops {
    private final class Loop extends ClosedLoop {
        final int index;
        long number;

        Loop(int index) {
            this.index = index;
        }

        @Override
        protected void send() {
            command.clear();
            workload.next(command);
            Writer out = server.begin(Messages.CLIENT_REQUEST);
            out.varint(index);
            out.varint(++number);
            out.blob(command.bytes, 0, command.end);
            server.end();
        }

        @Override
        protected int label() {
            return Recorder.WRITE;
        }
    }

    private final Connection server;
    private final Workload workload;
    private final Writer command = new Writer(64);
    private final ArrayList<Loop> loops = new ArrayList<Loop>();
    private Phases phases;

    Client(EventLoop loop, long server, Workload workload) {
        super("unreplicated_client", Messages.NAMES);
        this.server = loop.connect(server, this);
        this.workload = workload;
    }

    void setPhases(Phases phases) {
        this.phases = phases;
    }

    @Override
    public ClosedLoop loop(int i, boolean warmup) {
        Loop loop = new Loop(loops.size());
        loops.add(loop);
        return loop;
    }

    @Override
    protected void receive(Connection from, int type, Reader in) {
        if (type != Messages.CLIENT_REPLY) {
            throw unexpected(type);
        }
        Loop loop = loops.get(in.smallVarint());
        long number = in.varint();
        in.blobLength();
        if (number == loop.number) {
            phases.answered(loop);
        }
    }
}
