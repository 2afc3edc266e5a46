// The smallest possible main: it measures the start of a JVM, to compare the start of a server with.
package fpray.bench;

public final class Hello {
    private Hello() {}

    public static void main(String[] arguments) {
        System.out.println("Hello, world.");
    }
}
