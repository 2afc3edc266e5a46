// The wire format between the roles. A command is (client address, pseudonym, id, bytes); a value is what a slot holds:
// a count and that many commands, where no command at all is a noop.
package frankenpaxos.multipaxos;

import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class Messages {
    // Client or batcher to leader, and back.
    /** command. */
    static final int CLIENT_REQUEST = 0;
    /** value. */
    static final int CLIENT_REQUEST_BATCH = 1;
    /** Nothing. */
    static final int NOT_LEADER_CLIENT = 2;
    /** The value that came back. */
    static final int NOT_LEADER_BATCHER = 3;
    /** Nothing. */
    static final int LEADER_INFO_REQUEST = 4;
    /** round. */
    static final int LEADER_INFO_REPLY = 5;

    // Leader, proxy leader, acceptor.
    /** round, first slot asked for. */
    static final int PHASE_1A = 6;
    /** group, index, round, collected watermark, whether it is the last part, then (slot, vote round, value blob)*. */
    static final int PHASE_1B = 7;
    /** slot, round, value. */
    static final int PHASE_2A = 8;
    /** group, index, slot, round. */
    static final int PHASE_2B = 9;
    /** slot or -1 for phase 1, the higher round; from a proxy leader also the value that was refused. */
    static final int NACK = 10;

    // To replicas, and from them.
    /** slot, value. */
    static final int CHOSEN = 11;
    /** pseudonym, id, slot, result. */
    static final int CLIENT_REPLY = 12;
    /** (client address, pseudonym, id, slot, result blob)*. */
    static final int CLIENT_REPLY_BATCH = 13;
    /** replica, slot: it has executed all slots below. */
    static final int CHOSEN_WATERMARK = 14;
    /** slot: a replica waits for it. To leaders and to the other replicas. */
    static final int RECOVER = 15;
    /** slot: a replica holds back reads until this slot is executed; with nothing else to do, fill up with noops. */
    static final int FILL = 16;
    /** slot: how far the replica that answered a Recover has executed. */
    static final int CAUGHT_UP = 17;
    /** slot, offset, total length, bytes: part of the state before that slot. */
    static final int SNAPSHOT = 18;

    // Reads.
    /** Two numbers that the reply repeats: pseudonym and id, or batch and 0. */
    static final int MAX_SLOT_REQUEST = 19;
    /** The two numbers, group, index, slot. */
    static final int MAX_SLOT_REPLY = 20;
    /** slot, command; for a read batcher the slot means nothing. */
    static final int READ_REQUEST = 21;
    /** slot, command. */
    static final int SEQUENTIAL_READ_REQUEST = 22;
    /** -1, command. */
    static final int EVENTUAL_READ_REQUEST = 23;
    /** slot, command*. */
    static final int READ_REQUEST_BATCH = 24;
    static final int SEQUENTIAL_READ_REQUEST_BATCH = 25;
    static final int EVENTUAL_READ_REQUEST_BATCH = 26;
    /** As the replies to writes. */
    static final int READ_REPLY = 27;
    static final int READ_REPLY_BATCH = 28;

    // Between the leaders' election endpoints.
    /** round, leader index. */
    static final int PING = 29;

    static final String[] NAMES = {
        "ClientRequest", "ClientRequestBatch", "NotLeaderClient", "NotLeaderBatcher", "LeaderInfoRequest", "LeaderInfoReply",
        "Phase1a", "Phase1b", "Phase2a", "Phase2b", "Nack",
        "Chosen", "ClientReply", "ClientReplyBatch", "ChosenWatermark", "Recover", "Fill", "CaughtUp", "Snapshot",
        "MaxSlotRequest", "MaxSlotReply", "ReadRequest", "SequentialReadRequest", "EventualReadRequest",
        "ReadRequestBatch", "SequentialReadRequestBatch", "EventualReadRequestBatch", "ReadReply", "ReadReplyBatch",
        "Ping",
    };

    static final byte[] NOOP = {0};

    private Messages() {}

    static void command(Writer to, long client, long pseudonym, long id, byte[] bytes, int length) {
        to.varint(client);
        to.varint(pseudonym);
        to.varint(id);
        to.blob(bytes, 0, length);
    }

    static void reply(Writer to, long pseudonym, long id, long slot, byte[] result) {
        to.varint(pseudonym);
        to.varint(id);
        to.varintFromMinusOne(slot);
        to.blob(result);
    }

    /** Copies what is left of a message into another. */
    static void copyRest(Writer to, Reader from) {
        to.raw(from.bytes, from.at, from.limit - from.at);
    }
}
