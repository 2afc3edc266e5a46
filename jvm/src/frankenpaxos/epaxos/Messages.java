// The wire format among clients and replicas. An instance is the column of its leader and a number in it; dependencies are, for each
// column, the number of the first instance that is not a dependency: an instance depends on all instances of a column before that one.
//   ClientRequest: client, pseudonym, request number, command.        ClientReply: pseudonym, request number, result.
//   PreAccept: instance, value.                                       PreAcceptOk: instance, replica, sequence number, dependencies.
//   Accept, Validate: instance, ballot, value.                        AcceptOk: instance, ballot, replica.
//   Commit: instance, value.                                          Nack: instance, the ballot that has been promised.
//   Prepare: instance, ballot.                                        PrepareOk: instance, ballot, replica, promise (see Promise).
//   ValidateOk: instance, ballot, replica, instances that invalidate. Waiting: instance, how many have pre-accepted it unchanged.
//   Executed: replica, for each column the first not executed.        Forgotten: instance.
package frankenpaxos.epaxos;

import fpray.runtime.Connection;
import fpray.runtime.Reader;
import fpray.runtime.Writer;

final class Messages {
    static final int CLIENT_REQUEST = 0;
    static final int CLIENT_REPLY = 1;
    static final int PRE_ACCEPT = 2;
    static final int PRE_ACCEPT_OK = 3;
    static final int ACCEPT = 4;
    static final int ACCEPT_OK = 5;
    static final int COMMIT = 6;
    static final int PREPARE = 7;
    static final int PREPARE_OK = 8;
    static final int VALIDATE = 9;
    static final int VALIDATE_OK = 10;
    static final int WAITING = 11;
    static final int NACK = 12;
    static final int EXECUTED = 13;
    static final int FORGOTTEN = 14;
    static final String[] NAMES = {
        "ClientRequest", "ClientReply", "PreAccept", "PreAcceptOk", "Accept", "AcceptOk", "Commit", "Prepare", "PrepareOk",
        "Validate", "ValidateOk", "Waiting", "Nack", "Executed", "Forgotten",
    };

    private Messages() {}

    /** Begins a message about an instance. */
    static Writer begin(Connection to, int type, Instance instance) {
        return begin(to, type, instance.column, instance.number);
    }

    static Writer begin(Connection to, int type, int column, long number) {
        Writer out = to.begin(type);
        out.varint(column);
        out.varint(number);
        return out;
    }

    /** Sends the value of a committed instance. */
    static void commit(Connection to, Instance instance) {
        value(begin(to, COMMIT, instance), instance.value);
        to.end();
    }

    /** Refuses what another replica has asked for in a ballot that is too low. */
    static void nack(Connection to, Instance instance) {
        begin(to, NACK, instance).varint(instance.ballot);
        to.end();
    }

    static void numbers(Writer out, long[] numbers) {
        for (int i = 0; i < numbers.length; i++) {
            out.varint(numbers[i]);
        }
    }

    static long[] numbers(Reader in, int count) {
        long[] numbers = new long[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = in.varint();
        }
        return numbers;
    }

    /** Writes a value, which ends its message. */
    static void value(Writer out, Value value) {
        out.varint(value.sequence);
        numbers(out, value.dependencies);
        if (value.command != null) {
            out.raw(value.command, 0, value.command.length);
        }
    }

    static Value value(Reader in, int columns) {
        long sequence = in.varint();
        long[] dependencies = numbers(in, columns);
        // A command is never empty: it begins with its client.
        return new Value(in.hasMore() ? in.rest() : null, sequence, dependencies);
    }
}
