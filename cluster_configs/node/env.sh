# The environment of every shell and every Ray process on a node: install.sh has ~/.bashrc source it.
export PATH=~/fpray/bin:$PATH

# Only a user that has the token may submit to this cluster. Without a token, every user that reaches the head's port
# may run anything.
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=~/fpray-secret/auth_token

# Where suites go unless -s says: never to the disk of a machine that ends with the night, where there is another.
if mountpoint -q /mnt/efs 2> /dev/null; then export FPRAY_SUITE_DIRECTORY=/mnt/efs/suites; fi

# A JVM inherits what Ray gives its workers: by default a niceness of 15 and the first place when memory runs out.
export RAY_worker_niceness=0 RAY_worker_oom_score_adjustment=0
# Ray kills at 95 % of the memory, which a JVM with a large heap may well use.
export RAY_memory_monitor_refresh_ms=0

# Ray's own work on a machine that measures, from 3.1 % of a core to 1.4 %.
export RAY_enable_metrics_collection=false RAY_event_stats=false RAY_USAGE_STATS_ENABLED=0
export RAY_task_events_report_interval_ms=0 RAY_ray_events_report_interval_ms=0 RAY_debug_dump_period_milliseconds=0
export RAY_raylet_report_resources_period_milliseconds=1000 RAY_raylet_check_gc_period_milliseconds=5000
export RAY_kill_idle_workers_interval_ms=5000 RAY_local_fs_monitor_interval_ms=5000
export RAY_core_worker_internal_heartbeat_ms=10000 RAY_report_worker_backlog_interval_ms=10000
export RAY_io_context_event_loop_lag_collection_interval_ms=0 RAY_object_manager_timer_freq_ms=5000

# A machine that the head cannot reach is lost after 15 s instead of 64 s ...
export RAY_health_check_period_ms=1000 RAY_health_check_timeout_ms=3000 RAY_health_check_failure_threshold=5
# ... and ends its own Ray, and with it what it runs, when it cannot reach the head for 20 s instead of 60 s.
export RAY_gcs_rpc_server_reconnect_timeout_s=20
# Started by `uv run`, Ray would start every worker through uv: four times slower.
export RAY_ENABLE_UV_RUN_RUNTIME_ENV=0

ulimit -n 65536 2> /dev/null || ulimit -n "$(ulimit -Hn)"
