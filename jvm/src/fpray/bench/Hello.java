// The smallest main there is: what a JVM's start alone costs, for comparing server starts with.
package fpray.bench;

public final class Hello {
    private Hello() {}

    public static void main(String[] arguments) {
        System.out.println("Hello, world.");
    }
}
