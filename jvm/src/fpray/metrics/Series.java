// The text of a scrape: the counts of the roles, then the series of the JVM and of the process.
package fpray.metrics;

import fpray.runtime.Actor;
import fpray.runtime.EventLoop;

final class Series {
    private final StringBuilder text = new StringBuilder(8192);

    static String text(EventLoop loop) {
        Series series = new Series();
        Actor[] actors = loop.actors();
        for (int i = 0; i < actors.length; i++) {
            series.role(actors[i]);
        }
        series.single("event_loop_ready_connections", "gauge", "Connections with something to read or write when the event loop last looked.",
            loop.ready());
        JvmSeries.write(series);
        ProcessSeries.write(series);
        return series.text.toString();
    }

    private void role(Actor actor) {
        String[] names = actor.messageNames();
        String requests = actor.metricsName() + "_requests_total";
        family(requests, "counter", "Total number of processed requests.");
        for (int type = 0; type < names.length; type++) {
            if (actor.received(type) > 0) {
                value(requests, "type", names[type], actor.received(type));
            }
        }
        if (!actor.areHandlersTimed()) {
            return;
        }
        String latency = actor.metricsName() + "_requests_latency";
        family(latency, "summary", "Latency (in milliseconds) of a request.");
        for (int type = 0; type < names.length; type++) {
            if (actor.received(type) > 0) {
                value(latency + "_count", "type", names[type], actor.received(type));
                value(latency + "_sum", "type", names[type], actor.handlerNanos(type) / 1e6);
            }
        }
    }

    void family(String name, String type, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append("\n# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    void value(String name, String label, String labelValue, double value) {
        text.append(name).append('{').append(label).append("=\"").append(labelValue).append("\",} ").append(value).append('\n');
    }

    void value(String name, double value) {
        text.append(name).append(' ').append(value).append('\n');
    }

    /** A family of one unlabelled series. */
    void single(String name, String type, String help, double value) {
        family(name, type, help);
        value(name, value);
    }

    void info(String name, String help, String labels) {
        family(name, "gauge", help);
        text.append(name).append('{').append(labels).append("} 1.0\n");
    }
}
