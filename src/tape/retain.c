/* What is too old or too much is removed, the oldest segment first, and never one that the
 * snapshots do not cover. */
#include "tape/log_parts.h"

#include <string.h>

static bool is_unwanted(const struct zl_log *log, const struct zl_segment *segment)
{
        const struct zl_log_settings *settings = &log->settings;

        if (settings->keep_bytes && log->bytes > settings->keep_bytes)
                return true;
        return settings->keep_ms && log->now_ns > segment->last_ns &&
               log->now_ns - segment->last_ns > settings->keep_ms * 1000000u;
}

/* The older of two snapshots is what is left when the newest turns out not to hold. */
static bool is_covered(const struct zl_log *log, const struct zl_segment *segment)
{
        return log->snapshots_count > 0 &&
               segment->end <= log->snapshots[log->snapshots_count - 1].position;
}

bool zl_log_retire(struct zl_log *log)
{
        struct zl_segment *oldest = log->segments;

        if (log->segments_count == 0 || zl_log_is_open(log, oldest) ||
            !is_covered(log, oldest) || !is_unwanted(log, oldest))
                return false;
        struct zl_log_path path = zl_log_segment_path(log, oldest);
        if (zl_log_compressing(log) == oldest->first)
                zl_log_compress_stop(log);
        if (log->disk->unlink(log->disk->context, path.text) != 0) {
                log->counts.other_failures++;
                zl_log_complain(log, "remove", path.text);
                return false;
        }
        log->counts.retired_segments++;
        log->counts.retired_bytes += oldest->bytes;
        log->bytes -= oldest->bytes;
        log->segments_count--;
        memmove(oldest, oldest + 1, log->segments_count * sizeof *oldest);
        return true;
}
