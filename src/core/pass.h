/* pass.h - one pass over an engine's state: measured, written or read.
 *
 * What is written is what is read: every number of the state is passed by in the same order,
 * whichever way it goes. Little-endian, of fixed widths. For the snapshot's files only. Thread:
 * any. */
#ifndef ZL_CORE_PASS_H
#define ZL_CORE_PASS_H

#include "core/sort.h"
#include "core/state.h"

struct zl_pass {
        enum { ZL_MEASURING, ZL_WRITING, ZL_READING } way;
        uint8_t *out;
        const uint8_t *in;
        size_t size, capacity;
        bool failed;
        uint64_t ahead_ns; /* read: by so much its writer's clock is ahead of ours */
};

static inline void zl_pass_bits(struct zl_pass *pass, uint64_t *value, uint32_t bytes)
{
        size_t at = pass->size;

        pass->size += bytes;
        if (pass->way == ZL_MEASURING)
                return;
        if (pass->failed || pass->size > pass->capacity) {
                pass->failed = true;
                return;
        }
        if (pass->way == ZL_WRITING) {
                for (uint32_t i = 0; i < bytes; i++)
                        pass->out[at + i] = (uint8_t)(*value >> 8 * i);
                return;
        }
        *value = 0;
        for (uint32_t i = 0; i < bytes; i++)
                *value |= (uint64_t)pass->in[at + i] << 8 * i;
}

static inline void zl_pass_u64(struct zl_pass *pass, uint64_t *value)
{
        zl_pass_bits(pass, value, 8);
}

/* An engine time, 0: none. Read: in ours: another's clock makes nothing fresher, nothing later. */
static inline void zl_pass_time(struct zl_pass *pass, uint64_t *ns)
{
        zl_pass_u64(pass, ns);
        if (pass->way == ZL_READING && *ns > 0)
                *ns = *ns > pass->ahead_ns ? *ns - pass->ahead_ns : 1;
}

static inline void zl_pass_u32(struct zl_pass *pass, uint32_t *value)
{
        uint64_t wide = *value;

        zl_pass_bits(pass, &wide, 4);
        *value = (uint32_t)wide;
}

static inline void zl_pass_i64(struct zl_pass *pass, int64_t *value)
{
        uint64_t bits = (uint64_t)*value;

        zl_pass_bits(pass, &bits, 8);
        *value = (int64_t)bits;
}

static inline void zl_pass_i128(struct zl_pass *pass, zl_i128 *value)
{
        uint64_t low = (uint64_t)*value, high = (uint64_t)((zl_u128)*value >> 64);

        zl_pass_bits(pass, &low, 8);
        zl_pass_bits(pass, &high, 8);
        *value = (zl_i128)((zl_u128)high << 64 | low);
}

static inline void zl_pass_bool(struct zl_pass *pass, bool *value)
{
        uint64_t bit = *value;

        zl_pass_bits(pass, &bit, 1);
        pass->failed |= bit > 1;
        *value = bit == 1;
}

/* Any enumeration, by way of an integer; its values are below `limit`. */
#define ZL_PASS_CHOICE(pass, value, limit)                                                         \
        do {                                                                                       \
                uint64_t choice_ = (uint64_t)(value);                                              \
                zl_pass_bits(pass, &choice_, 1);                                                   \
                (pass)->failed |= choice_ >= (uint64_t)(limit);                                    \
                if (!(pass)->failed)                                                               \
                        (value) = choice_;                                                         \
        } while (0)

/* How many rows follow. */
static inline uint32_t zl_pass_count(struct zl_pass *pass, uint32_t count, uint32_t most)
{
        zl_pass_u32(pass, &count);
        if (count > most)
                pass->failed = true;
        return pass->failed ? 0 : count;
}

/* Rows 0 to count - 1 in engine->order, sorted. */
static inline void zl_rows_in_order(struct zl_engine *engine, uint32_t count, zl_before *before)
{
        for (uint32_t i = 0; i < count; i++)
                engine->order[i] = i;
        zl_sort(engine, engine->order, count, before);
}

/* ---- parts that say how long they are ---- */

static inline size_t zl_pass_open_part(struct zl_pass *pass)
{
        uint32_t size = 0;

        zl_pass_u32(pass, &size);
        return pass->way == ZL_READING ? pass->size + size : pass->size;
}

/* Written: the length is put in front. Read: it must have been the length. */
static inline void zl_pass_close_part(struct zl_pass *pass, size_t mark)
{
        if (pass->way == ZL_WRITING && !pass->failed) {
                struct zl_pass back = {.way = ZL_WRITING,
                                       .out = pass->out,
                                       .size = mark - sizeof(uint32_t),
                                       .capacity = pass->capacity};
                uint32_t size = (uint32_t)(pass->size - mark);
                zl_pass_u32(&back, &size);
        }
        pass->failed |= pass->way == ZL_READING && pass->size != mark;
}

static inline void zl_pass_skip_part(struct zl_pass *pass)
{
        size_t end = zl_pass_open_part(pass);

        pass->failed |= end < pass->size || end > pass->capacity;
        if (!pass->failed)
                pass->size = end;
}

/* Which stream it is, and where it stands. */
static inline void zl_pass_stream_name(struct zl_pass *pass, uint32_t *src, struct zl_topic *topic)
{
        zl_pass_u32(pass, src);
        ZL_PASS_CHOICE(pass, topic->kind, ZL_TOPIC_KINDS);
        zl_pass_u32(pass, &topic->id);
}

static inline void zl_pass_stream(struct zl_pass *pass, struct zl_stream *stream)
{
        zl_pass_bool(pass, &stream->heard);
        zl_pass_bool(pass, &stream->whole);
        zl_pass_bool(pass, &stream->holed);
        zl_pass_bool(pass, &stream->torn);
        zl_pass_bool(pass, &stream->old_said);
        zl_pass_u64(pass, &stream->epoch);
        zl_pass_u64(pass, &stream->seq);
}

/* snapshot_markets.c: assets, instruments, policies and funds. */
void zl_pass_markets(struct zl_pass *pass, struct zl_engine *engine);
/* Read only: what they are, and nothing of what happens to them: rates, marks and funds stay. */
void zl_pass_definitions(struct zl_pass *pass, struct zl_engine *engine);
/* snapshot_control.c: read only, the part that is shared: what control messages say, and how far
 * their streams are. */
void zl_pass_control(struct zl_pass *pass, struct zl_engine *engine);
/* snapshot_markets.c: how much was said of them. */
void zl_pass_markets_said(struct zl_pass *pass, struct zl_engine *engine);
/* snapshot_accounts.c: one account with its pools, positions and balances. `row`: ZL_NONE_AT when
 * it is read, and made. */
void zl_pass_account(struct zl_pass *pass, struct zl_engine *engine, uint32_t row);

#endif
