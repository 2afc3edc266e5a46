// The process_* series: from the platform's bean, and from /proc where there is one.
package fpray.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

final class ProcessSeries {
    private ProcessSeries() {}

    static void write(Series to) {
        OperatingSystemMXBean bean = ManagementFactory.getOperatingSystemMXBean();
        to.single("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.",
            ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3);
        if (bean instanceof UnixOperatingSystemMXBean) {
            UnixOperatingSystemMXBean unix = (UnixOperatingSystemMXBean) bean;
            to.single("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", unix.getProcessCpuTime() / 1e9);
            to.single("process_open_fds", "gauge", "Number of open file descriptors.", unix.getOpenFileDescriptorCount());
            to.single("process_max_fds", "gauge", "Maximum number of open file descriptors.", unix.getMaxFileDescriptorCount());
        }
        status(to);
    }

    private static void status(Series to) {
        String status;
        try {
            status = new String(Files.readAllBytes(Path.of("/proc/self/status")), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // Not on Linux: FrankenPaxos leaves these two series out, too.
            return;
        }
        to.single("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.", kibibytes(status, "VmSize:") * 1024);
        to.single("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", kibibytes(status, "VmRSS:") * 1024);
    }

    private static double kibibytes(String status, String field) {
        int at = status.indexOf(field) + field.length();
        int end = status.indexOf("kB", at);
        return Double.parseDouble(status.substring(at, end).trim());
    }
}
