/* Closed segments are compressed a step at a time, the oldest first. The compressed file is whole,
 * synced and has its name in the folder before the other one is removed: a crash anywhere leaves
 * one good copy, and one that leaves both is settled at open. */
#include "tape/log_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

enum {
        STEP_SIZE = 1 << 17,
        OUTPUT_SIZE = 1 << 18, /* more than a step can become */
        SYNC_SIZE = 4 << 20,   /* so that no fsync takes long */
        LEVEL = 3,
};

struct zl_compressor {
        uint64_t first;
        int from, to;
        ZSTD_CCtx *zstd;
        uint64_t read, size; /* of the plain file */
        uint64_t written, synced;
        uint8_t input[STEP_SIZE], output[OUTPUT_SIZE];
};

uint64_t zl_log_compressing(const struct zl_log *log)
{
        return log->compressor ? log->compressor->first : UINT64_MAX;
}

static void free_compressor(struct zl_log *log)
{
        struct zl_compressor *compressor = log->compressor;

        log->compressor = NULL;
        if (compressor->from >= 0)
                log->disk->close(log->disk->context, compressor->from);
        if (compressor->to >= 0)
                log->disk->close(log->disk->context, compressor->to);
        ZSTD_freeCCtx(compressor->zstd);
        free(compressor);
}

void zl_log_compress_stop(struct zl_log *log)
{
        if (!log->compressor)
                return;
        struct zl_log_path part = zl_log_path(log, ZL_NAME_COMPRESSING, log->compressor->first);
        free_compressor(log);
        log->disk->unlink(log->disk->context, part.text);
}

/* The other form stays; it is tried again later. */
static bool failed(struct zl_log *log, const char *what, const char *path)
{
        zl_log_complain(log, what, path);
        log->counts.other_failures++;
        log->compress_after_ns = log->now_ns + ZL_LOG_RETRY_MS * 1000000ull;
        zl_log_compress_stop(log);
        return false;
}

static struct zl_segment *next_plain(struct zl_log *log)
{
        for (uint32_t i = 0; i < log->segments_count; i++) {
                struct zl_segment *segment = &log->segments[i];
                if (!segment->compressed && !segment->damaged && !zl_log_is_open(log, segment))
                        return segment;
        }
        return NULL;
}

static bool set(ZSTD_CCtx *zstd, ZSTD_cParameter parameter, int value)
{
        return !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, parameter, value));
}

static bool start(struct zl_log *log)
{
        const struct zl_segment *segment = next_plain(log);

        if (!segment || log->now_ns < log->compress_after_ns)
                return false;
        struct zl_log_path plain = zl_log_segment_path(log, segment);
        struct zl_log_path part = zl_log_path(log, ZL_NAME_COMPRESSING, segment->first);
        struct zl_compressor *compressor = malloc(sizeof *compressor);
        if (!compressor)
                return failed(log, "compress", plain.text);
        *(log->compressor = compressor) = (struct zl_compressor){
                .first = segment->first, .from = -1, .to = -1, .size = segment->bytes};
        compressor->zstd = ZSTD_createCCtx();
        errno = ENOMEM;
        if (!compressor->zstd || !set(compressor->zstd, ZSTD_c_compressionLevel, LEVEL) ||
            !set(compressor->zstd, ZSTD_c_windowLog, ZL_SEGMENT_WINDOW_LOG) ||
            !set(compressor->zstd, ZSTD_c_checksumFlag, 1))
                return failed(log, "compress", plain.text);
        compressor->from = log->disk->open(log->disk->context, plain.text, ZL_DISK_READ);
        if (compressor->from < 0)
                return failed(log, "read", plain.text);
        compressor->to = log->disk->open(log->disk->context, part.text, ZL_DISK_WRITE);
        if (compressor->to < 0)
                return failed(log, "make", part.text);
        return true;
}

/* The last act. */
static bool take_over(struct zl_log *log)
{
        struct zl_compressor *compressor = log->compressor;
        struct zl_segment *segment = next_plain(log);
        struct zl_log_path plain = zl_log_path(log, ZL_NAME_SEGMENT, compressor->first);
        struct zl_log_path part = zl_log_path(log, ZL_NAME_COMPRESSING, compressor->first);
        struct zl_log_path whole = zl_log_path(log, ZL_NAME_COMPRESSED, compressor->first);

        ZL_ASSERT(segment && segment->first == compressor->first);
        if (log->disk->sync(log->disk->context, compressor->to) != 0)
                return failed(log, "sync", part.text);
        if (log->disk->rename(log->disk->context, part.text, whole.text) != 0)
                return failed(log, "rename", part.text);
        if (zl_disk_sync_folder(log->disk, log->folder) != 0)
                return failed(log, "sync the folder of", whole.text);
        log->bytes += compressor->written - segment->bytes;
        segment->bytes = compressor->written;
        segment->compressed = true;
        segment->synced = segment->end;
        log->counts.compressed_segments++;
        free_compressor(log);
        if (log->disk->unlink(log->disk->context, plain.text) != 0) {
                log->counts.other_failures++;
                zl_log_complain(log, "remove", plain.text); /* again at the next open */
        }
        return true;
}

static bool write_out(struct zl_log *log, size_t size, const char *part)
{
        struct zl_compressor *compressor = log->compressor;

        if (zl_disk_write_all(log->disk, compressor->to, compressor->output, size,
                              compressor->written) < size)
                return failed(log, "write", part);
        compressor->written += size;
        if (compressor->written - compressor->synced < SYNC_SIZE)
                return true;
        compressor->synced = compressor->written;
        if (log->disk->sync(log->disk->context, compressor->to) != 0)
                return failed(log, "sync", part);
        return true;
}

/* A step's bytes, and with the last ones the end. */
static bool step(struct zl_log *log)
{
        struct zl_compressor *compressor = log->compressor;
        struct zl_log_path plain = zl_log_path(log, ZL_NAME_SEGMENT, compressor->first);
        struct zl_log_path part = zl_log_path(log, ZL_NAME_COMPRESSING, compressor->first);
        uint64_t left = compressor->size - compressor->read;
        size_t size = left < STEP_SIZE ? (size_t)left : STEP_SIZE;
        ssize_t got = zl_disk_read_all(log->disk, compressor->from, compressor->input, size,
                                       compressor->read);

        if (got >= 0 && (size_t)got < size)
                errno = EIO; /* it was longer */
        if (got < 0 || (size_t)got < size)
                return failed(log, "read", plain.text);
        compressor->read += size;
        ZSTD_inBuffer input = {compressor->input, size, 0};
        ZSTD_EndDirective end = size == left ? ZSTD_e_end : ZSTD_e_continue;
        size_t more;
        do {
                ZSTD_outBuffer output = {compressor->output, OUTPUT_SIZE, 0};
                more = ZSTD_compressStream2(compressor->zstd, &output, &input, end);
                errno = ENOMEM;
                if (ZSTD_isError(more))
                        return failed(log, "compress", plain.text);
                if (output.pos && !write_out(log, output.pos, part.text))
                        return false;
        } while (end == ZSTD_e_end ? more > 0 : input.pos < input.size);
        return end == ZSTD_e_end ? take_over(log) : true;
}

bool zl_log_compress(struct zl_log *log)
{
        return log->compressor ? step(log) : start(log);
}
