// The jvm_* series. Their names are those of the Prometheus Java client 0.6.0, which FrankenPaxos's dashboards use.
package fpray.metrics;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.lang.management.ThreadMXBean;
import java.util.List;

final class JvmSeries {
    private static final String[] PARTS = {"used", "committed", "max", "init"};

    private JvmSeries() {}

    static void write(Series to) {
        memory(to);
        bufferPools(to);
        collectors(to);
        threads(to);
        classes(to);
        to.info("jvm_info", "JVM version info", "version=\"" + System.getProperty("java.runtime.version") + "\",vendor=\""
            + System.getProperty("java.vm.vendor") + "\",runtime=\"" + System.getProperty("java.runtime.name") + "\",");
    }

    private static long part(MemoryUsage usage, int part) {
        return part == 0 ? usage.getUsed() : part == 1 ? usage.getCommitted() : part == 2 ? usage.getMax() : usage.getInit();
    }

    private static void memory(Series to) {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        for (int part = 0; part < PARTS.length; part++) {
            String name = "jvm_memory_bytes_" + PARTS[part];
            to.family(name, "gauge", "The " + PARTS[part] + " bytes of a JVM memory area.");
            to.value(name, "area", "heap", part(memory.getHeapMemoryUsage(), part));
            to.value(name, "area", "nonheap", part(memory.getNonHeapMemoryUsage(), part));
        }
        List<MemoryPoolMXBean> pools = ManagementFactory.getMemoryPoolMXBeans();
        for (int part = 0; part < PARTS.length; part++) {
            String name = "jvm_memory_pool_bytes_" + PARTS[part];
            to.family(name, "gauge", "The " + PARTS[part] + " bytes of a JVM memory pool.");
            for (MemoryPoolMXBean pool : pools) {
                to.value(name, "pool", pool.getName(), part(pool.getUsage(), part));
            }
        }
    }

    private static void bufferPools(Series to) {
        List<BufferPoolMXBean> pools = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);
        String[] names = {"jvm_buffer_pool_used_bytes", "jvm_buffer_pool_capacity_bytes", "jvm_buffer_pool_used_buffers"};
        for (int i = 0; i < names.length; i++) {
            to.family(names[i], "gauge", "A JVM buffer pool.");
            for (BufferPoolMXBean pool : pools) {
                to.value(names[i], "pool", pool.getName(), i == 0 ? pool.getMemoryUsed() : i == 1 ? pool.getTotalCapacity() : pool.getCount());
            }
        }
    }

    private static void collectors(Series to) {
        to.family("jvm_gc_collection_seconds", "summary", "Time spent in a given JVM garbage collector in seconds.");
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            to.value("jvm_gc_collection_seconds_count", "gc", collector.getName(), collector.getCollectionCount());
            to.value("jvm_gc_collection_seconds_sum", "gc", collector.getName(), collector.getCollectionTime() / 1e3);
        }
    }

    private static void threads(Series to) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        to.single("jvm_threads_current", "gauge", "Current thread count of a JVM", threads.getThreadCount());
        to.single("jvm_threads_daemon", "gauge", "Daemon thread count of a JVM", threads.getDaemonThreadCount());
        to.single("jvm_threads_peak", "gauge", "Peak thread count of a JVM", threads.getPeakThreadCount());
        to.single("jvm_threads_started_total", "counter", "Started thread count of a JVM", threads.getTotalStartedThreadCount());
        to.single("jvm_threads_deadlocked", "gauge", "Cycles of threads in deadlock", count(threads.findDeadlockedThreads()));
        to.single("jvm_threads_deadlocked_monitor", "gauge", "Cycles of threads in deadlock on monitors", count(threads.findMonitorDeadlockedThreads()));
    }

    private static int count(long[] threads) {
        return threads == null ? 0 : threads.length;
    }

    private static void classes(Series to) {
        ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
        to.single("jvm_classes_loaded", "gauge", "The number of classes that are currently loaded in the JVM", classes.getLoadedClassCount());
        to.single("jvm_classes_loaded_total", "counter", "The total number of classes that have been loaded since the JVM has started execution",
            classes.getTotalLoadedClassCount());
        to.single("jvm_classes_unloaded_total", "counter", "The total number of classes that have been unloaded since the JVM has started execution",
            classes.getUnloadedClassCount());
    }
}
