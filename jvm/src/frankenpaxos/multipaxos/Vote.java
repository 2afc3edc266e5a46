// What an acceptor has voted for in a slot.
package frankenpaxos.multipaxos;

final class Vote {
    long round;
    byte[] value;

    Vote(long round, byte[] value) {
        this.round = round;
        this.value = value;
    }
}
