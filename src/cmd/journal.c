/* zeroline journal - keeps every frame of the bus, and serves the state of partitions. */
#include "cmd/command.h"

#include "app/capacity.h"
#include "app/clock.h"
#include "app/journal/fill.h"
#include "app/journal/journal.h"
#include "app/net.h"
#include "app/options.h"
#include "app/publisher.h"
#include "app/say.h"
#include "app/journal/serve.h"
#include "app/stop.h"
#include "app/worker/subscriptions.h"

#include <stdio.h>
#include <stdlib.h>

enum {
        FRAMES_A_TURN = 256, /* from one socket, before the others have theirs */
        WAIT_MS = 20,
        BEAT_MS = 1000,
        PEER_FIRST_MS = 1000, /* has the other journal to fill a hole before publishers are asked */
};

struct settings {
        const char *store, *serve, *peer, *pub;
        struct zl_option_list sources;
        uint64_t src, epoch, cluster, segment_mb, sync_ms, sync_frames, keep_mb, keep_h, snapshot_s;
        uint64_t recent_mb, peer_ms;
        struct zl_capacity capacity;
        struct zl_net net;
};

struct keeper {
        const struct settings *settings;
        struct zl_bus *bus;
        struct zl_journal journal;
        struct zl_serve serve;
        struct zl_publisher alerts; /* of the audit */
        uint64_t beat_ns;
        struct zl_fill fill; /* frames, from the other journal */
        struct zl_heal heal; /* states, from there, when frames are gone */
        struct zl_socket *sources[ZL_OPTION_LIST_MAX];
        struct zl_repair repair;
        uint64_t restatements;
};

static struct zl_journal_settings journal_settings(const struct settings *settings)
{
        struct zl_engine_config config = zl_run_config_default();

        config.src = (uint32_t)settings->src;
        config.epoch = 1; /* it says nothing */
        config.partitions = (uint32_t)settings->cluster;
        config.owned[0] = (struct zl_partition_range){0, config.partitions - 1};
        config.owned_count = 1;
        zl_capacity_set(&settings->capacity, &config);
        return (struct zl_journal_settings){
                .log = {.folder = settings->store,
                        .src = config.src,
                        .epoch = settings->epoch,
                        .segment_bytes = settings->segment_mb << 20,
                        .sync_ms = settings->sync_ms,
                        .sync_frames = settings->sync_frames,
                        .keep_bytes = settings->keep_mb << 20,
                        .keep_ms = settings->keep_h * 3600000u},
                .engine = config,
                .recent_bytes = settings->serve ? settings->recent_mb << 20 : 0,
                .snapshot_ms = settings->snapshot_s * 1000u};
}

/* ---- at work ---- */

static uint32_t hear(struct keeper *keeper)
{
        uint32_t heard = 0;

        for (uint32_t i = 0; i < keeper->settings->sources.count; i++) {
                const uint8_t *frame;
                size_t size;
                for (uint32_t n = 0; n < FRAMES_A_TURN; n++, heard++) {
                        if (zl_socket_receive(keeper->sources[i], &frame, &size) != ZL_OK)
                                break;
                        zl_fill_take(&keeper->fill, frame, size, zl_now_ns());
                }
        }
        return heard;
}

static void take_healed(void *context, const uint8_t *frame, size_t size)
{
        struct keeper *keeper = context;

        zl_journal_take(&keeper->journal, frame, size, zl_now_ns());
}

static void work_with_peer(struct keeper *keeper, bool *more)
{
        uint64_t taken = keeper->heal.taken;

        *more |= zl_fill_work(&keeper->fill, zl_now_ns());
        zl_heal_work(&keeper->heal, keeper->journal.run.engine, zl_ticks_ns(), take_healed,
                     keeper);
        if (keeper->heal.taken > taken && zl_pace_may(&keeper->fill.words))
                zl_say("a hole was filled with the other journal's state; %llu so far",
                       (unsigned long long)keeper->heal.taken);
}

static void publish_alert(void *context, const char *evidence)
{
        struct keeper *keeper = context;
        struct zl_msg_alert alert = {
                .absent = (uint64_t)1 << ZL_AT_alert_account | (uint64_t)1 << ZL_AT_alert_pool |
                          (uint64_t)1 << ZL_AT_alert_instrument |
                          (uint64_t)1 << ZL_AT_alert_ratio,
                .kind = ZL_ALERT_KIND_AUDIT};

        snprintf(alert.text, sizeof alert.text, "%s", evidence);
        zl_publish(&keeper->alerts, (struct zl_topic){ZL_TOPIC_ALRT, 0}, ZL_TYPE_ALERT, &alert);
}

static void work_at_alerts(struct keeper *keeper)
{
        char ignored[ZL_TOPIC_SIZE + 1];
        uint64_t now_ns = zl_ticks_ns();

        if (!keeper->alerts.socket)
                return;
        while (zl_publisher_heard(&keeper->alerts, ignored))
                ; /* there is nothing to restate */
        if (now_ns < keeper->beat_ns)
                return;
        keeper->beat_ns = now_ns + BEAT_MS * 1000000u;
        zl_publish_beat(&keeper->alerts);
}

static void run(struct keeper *keeper)
{
        uint32_t count = keeper->settings->sources.count;
        struct zl_socket *sockets[ZL_OPTION_LIST_MAX + 3];

        for (uint32_t i = 0; i < count; i++)
                sockets[i] = keeper->sources[i];
        sockets[count] = keeper->serve.socket;
        sockets[count + 1] = keeper->fill.peer;
        sockets[count + 2] = keeper->heal.asker.journal;
        while (!zl_stopped()) {
                uint32_t heard = hear(keeper);
                bool more = false;
                work_with_peer(keeper, &more);
                more |= zl_journal_work(&keeper->journal, zl_now_ns());
                /* No state is served of frames that the system was not given. */
                work_at_alerts(keeper);
                if (keeper->serve.socket)
                        zl_serve_work(&keeper->serve, &keeper->journal, zl_now_ns());
                keeper->restatements +=
                        zl_repair_ask(&keeper->repair, keeper->journal.run.engine,
                                      keeper->sources, count, zl_ticks_ns());
                if (zl_reload_asked())
                        zl_bus_reload(keeper->bus);
                if (!heard && !more)
                        zl_socket_wait(sockets, count + 3, -1, WAIT_MS);
        }
}

static void report(const struct keeper *keeper)
{
        struct zl_store_status status;

        zl_store_status(keeper->journal.store, &status);
        zl_say("stopped: %llu frames kept (%llu did not decode), %llu lost, %llu segments of %llu "
               "bytes, %llu snapshots served, %llu refused, %llu restatements asked for, %llu "
               "frames and %llu holes filled by the other journal, %llu frames given to it; %llu "
               "commits add up, %llu do not, of %llu something was missed",
               (unsigned long long)(keeper->journal.frames - keeper->journal.lost),
               (unsigned long long)keeper->journal.bad_frames,
               (unsigned long long)keeper->journal.lost, (unsigned long long)status.segments,
               (unsigned long long)status.bytes, (unsigned long long)keeper->serve.served,
               (unsigned long long)keeper->serve.refused,
               (unsigned long long)keeper->restatements,
               (unsigned long long)keeper->fill.filled, (unsigned long long)keeper->heal.taken,
               (unsigned long long)keeper->serve.frames_given,
               (unsigned long long)keeper->journal.audit.audited,
               (unsigned long long)keeper->journal.audit.wrong,
               (unsigned long long)keeper->journal.audit.unaudited);
}

/* ---- opening ---- */

static enum zl_err open_sockets(struct keeper *keeper, const struct zl_engine_config *config)
{
        const struct settings *settings = keeper->settings;
        enum zl_err err = ZL_OK;

        if (settings->serve)
                err = zl_serve_open(&keeper->serve, keeper->bus, settings->serve);
        if (err == ZL_OK && settings->pub) {
                err = zl_publisher_open(&keeper->alerts, keeper->bus, settings->pub,
                                        (uint32_t)settings->src);
                keeper->journal.alarm = publish_alert;
                keeper->journal.alarm_context = keeper;
        }
        if (err == ZL_OK)
                err = zl_fill_open(&keeper->fill, &keeper->journal, keeper->bus, settings->peer,
                                   settings->peer_ms);
        if (err == ZL_OK && settings->peer) {
                err = zl_heal_open(&keeper->heal, keeper->bus, settings->peer, config);
                keeper->journal.heal = &keeper->heal;
                keeper->repair.patience_ms = PEER_FIRST_MS;
        }
        for (uint32_t i = 0; err == ZL_OK && i < settings->sources.count; i++) {
                err = zl_socket_open(keeper->bus, ZL_SOCKET_SUB, settings->sources.values[i],
                                     &keeper->sources[i]);
                if (err == ZL_OK)
                        zl_subscribe_books(keeper->sources[i]);
                if (err == ZL_OK)
                        zl_subscribe_all(keeper->sources[i], config);
        }
        return err;
}

static enum zl_exit keep(const struct settings *settings)
{
        struct keeper *keeper = calloc(1, sizeof *keeper);
        struct zl_journal_settings of_journal = journal_settings(settings);

        if (!keeper)
                return ZL_EXIT_FAILED;
        keeper->settings = settings;
        enum zl_err err = zl_net_open(&settings->net, &keeper->bus);
        if (err == ZL_OK)
                err = zl_journal_open(&keeper->journal, &of_journal);
        if (err == ZL_OK)
                err = open_sockets(keeper, &of_journal.engine);
        if (err == ZL_OK) {
                zl_stop_listen();
                if (settings->net.allow)
                        zl_reload_listen();
                zl_say("running: keeps %u partitions in %s", of_journal.engine.partitions,
                       settings->store);
                run(keeper);
                report(keeper);
        }
        for (uint32_t i = 0; i < settings->sources.count; i++)
                zl_socket_close(keeper->sources[i], 0);
        zl_fill_close(&keeper->fill, zl_now_ns());
        keeper->journal.heal = NULL;
        keeper->journal.alarm = NULL;
        if (keeper->alerts.feeder)
                zl_publisher_close(&keeper->alerts, 500);
        zl_heal_close(&keeper->heal);
        zl_serve_close(&keeper->serve);
        enum zl_exit code = err == ZL_OK ? ZL_EXIT_OK : zl_net_exit(err);
        if (zl_journal_close(&keeper->journal) != ZL_OK)
                code = ZL_EXIT_FAILED;
        zl_bus_close(keeper->bus);
        free(keeper);
        return code;
}

enum zl_exit zl_cmd_journal(int argc, char **argv)
{
        struct settings settings = {.src = 250,
                                    .cluster = 256,
                                    .segment_mb = 64,
                                    .sync_ms = 1000,
                                    .snapshot_s = 60,
                                    .recent_mb = 64,
                                    .peer_ms = 1000,
                                    .capacity = ZL_CAPACITY_DEFAULT,
                                    .net = ZL_NET_DEFAULT};
        const struct zl_option options[] = {
                {"sub", ZL_OPTION_LIST, &settings.sources, "ENDPOINT",
                 "a publisher to keep the frames of", 0, 0, 's'},
                {"store", ZL_OPTION_TEXT, &settings.store, "DIR",
                 "folder for segments and snapshots; made if it is not there", 0, 0, 'o'},
                {"serve", ZL_OPTION_TEXT, &settings.serve, "ENDPOINT",
                 "where workers ask for states, and the other journal for frames", 0, 0, 0},
                {"pub", ZL_OPTION_TEXT, &settings.pub, "ENDPOINT",
                 "where to publish alerts: of a ledger that does not add up", 0, 0, 0},
                {"peer", ZL_OPTION_TEXT, &settings.peer, "ENDPOINT",
                 "where another journal serves: what this one missed comes from there", 0, 0, 0},
                {"peer-wait", ZL_OPTION_NUMBER, &settings.peer_ms, "MS",
                 "how long frames behind missed ones wait for it (1000)", 1, 60000, 0},
                {"recent-mb", ZL_OPTION_NUMBER, &settings.recent_mb, "MB",
                 "of the newest frames in memory, for the other journal (64)", 0, 1 << 16, 0},
                {"cluster", ZL_OPTION_NUMBER, &settings.cluster, "P",
                 "how many partitions the cluster has (256)", 1, ZL_PARTITIONS_MAX, 0},
                {"src", ZL_OPTION_NUMBER, &settings.src, "N", "its number as a source (250)", 0,
                 UINT32_MAX, 0},
                {"epoch", ZL_OPTION_NUMBER, &settings.epoch, "N",
                 "its epoch (one more than the store's last)", 0, INT64_MAX, 0},
                {"sync-ms", ZL_OPTION_NUMBER, &settings.sync_ms, "MS",
                 "brings frames to the disk every so often; 0: not by time (1000)", 0, 3600000, 0},
                {"sync-frames", ZL_OPTION_NUMBER, &settings.sync_frames, "N",
                 "and after so many; 0: not by number (0)", 0, 1000000000, 0},
                {"segment-mb", ZL_OPTION_NUMBER, &settings.segment_mb, "MB",
                 "closes and compresses a segment of this size (64)", 1, 1 << 16, 0},
                {"keep-mb", ZL_OPTION_NUMBER, &settings.keep_mb, "MB",
                 "removes the oldest when there are more; 0: keeps all (0)", 0, 1 << 30, 0},
                {"keep-h", ZL_OPTION_NUMBER, &settings.keep_h, "H",
                 "removes what is older; 0: keeps all (0)", 0, 1 << 20, 0},
                {"snapshot-s", ZL_OPTION_NUMBER, &settings.snapshot_s, "S",
                 "keeps the state of all partitions so often; 0: never (60)", 0, 1 << 20, 0},
                ZL_CAPACITY_OPTIONS(settings.capacity),
                ZL_NET_OPTIONS(settings.net),
        };
        const struct zl_usage usage = {
            .arguments = "",
            .text = "Keeps every frame it hears, in segments with checksums, and knows the state "
                    "behind\nthem. Stops on SIGTERM or SIGINT; started again it goes on where the "
                    "store ends.\nA crash of the process loses what the system was not given yet, "
                    "a crash of the\nmachine what was not synced: see --sync-ms and --sync-frames.",
            .options = options,
            .options_count = sizeof options / sizeof options[0],
            .config = true,
        };
        int first;
        enum zl_exit code;

        if (!zl_options_parse(&usage, argc, argv, &first, &code))
                return code;
        if (!settings.store || !settings.sources.count) {
                zl_say("--store and --sub are needed; see --help");
                return ZL_EXIT_USAGE;
        }
        return keep(&settings);
}
