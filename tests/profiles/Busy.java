// Adds numbers for a time, then says so and waits: what tests profile.
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
    long end = System.nanoTime() + Long.parseLong(words[0]) * 1000000L, sum = 0;
    while (System.nanoTime() < end) sum += work(numbers);
    System.out.println("done " + sum);
    if (words.length > 1) Thread.sleep(600000);
  }
}
