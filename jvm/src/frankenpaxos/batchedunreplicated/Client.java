// The client: closed loops that ask batchers and are answered by proxy servers. Nothing is ever sent again, as in unreplicated.
package frankenpaxos.batchedunreplicated;

import fpray.load.ClosedLoop;
import fpray.load.Phases;
import fpray.load.Recorder;
import fpray.load.Workload;
import fpray.runtime.Actor;
import fpray.runtime.Connection;
import fpray.runtime.EventLoop;
import fpray.runtime.Reader;
import fpray.runtime.Rotation;
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
            Connection batcher = rotation.of(batchers);
            Messages.request(batcher.begin(Messages.CLIENT_REQUEST), address, index, ++number, command);
            batcher.end();
        }

        @Override
        protected int label() {
            return Recorder.WRITE;
        }
    }

    private final long address;
    private final Connection[] batchers;
    private final Rotation rotation;
    private final Workload workload;
    private final Writer command = new Writer(64);
    private final ArrayList<Loop> loops = new ArrayList<Loop>();
    private Phases phases;

    Client(EventLoop loop, Config config, long address, Workload workload) {
        super("batchedunreplicated_client", Messages.NAMES);
        this.address = address;
        this.batchers = loop.connect(config.batchers, this);
        this.rotation = new Rotation(loop);
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
        int index = in.smallVarint();
        long number = in.varint();
        in.blobLength();
        // A reply to the client that was at this address before has a loop or a number that is not ours.
        if (index < loops.size() && number == loops.get(index).number) {
            phases.answered(loops.get(index));
        }
    }
}
