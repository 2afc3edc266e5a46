// Adds numbers for some CPU time (words[0], in ms), then says so and waits: what tests profile.
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;

public class Busy {
  static int work(List<Integer> numbers) {
    int sum = 0;
    for (int number : numbers) sum += number;
    return sum;
  }

  public static void main(String[] words) throws Exception {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < 100000; i++) numbers.add(i);
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long end = threads.getCurrentThreadCpuTime() + Long.parseLong(words[0]) * 1000000L, sum = 0;
    while (threads.getCurrentThreadCpuTime() < end) sum += work(numbers);
    System.out.println("done " + sum);
    if (words.length > 1) Thread.sleep(600000);
  }
}
