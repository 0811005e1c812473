#include "tape/states.h"

#include "tape/format.h"
#include "tape/reader.h"

#include <string.h>

enum { WINDOW = 1 << 20 };

bool zl_tape_part_get(const struct zl_tape_record *record, struct zl_tape_part *ret_part)
{
        const uint8_t *body = record->frame;

        if (record->kind != ZL_RECORD_STATE || record->frame_size < ZL_PART_HEAD_SIZE)
                return false;
        *ret_part = (struct zl_tape_part){
                .seal = body,
                .number = zl_get_le(body + 16, 8),
                .back = zl_get_le(body + 24, 8),
                .previous = zl_get_le(body + 32, 8),
                .now_ns = zl_get_le(body + 40, 8),
                .messages = zl_get_le(body + 48, 8),
                .size = zl_get_le(body + 56, 8),
                .at = zl_get_le(body + 64, 8),
                .bytes = body + ZL_PART_HEAD_SIZE,
                .bytes_size = record->frame_size - ZL_PART_HEAD_SIZE,
        };
        return ret_part->at <= ret_part->size &&
               ret_part->bytes_size <= ret_part->size - ret_part->at;
}

/* ---- on a tape ---- */

/* Whether a part of a state of this tape stands there. */
static bool part_at(const struct zl_tape_reader *reader, const uint8_t *seal, uint64_t offset,
                    struct zl_tape_part *ret_part)
{
        struct zl_tape_record record = {.kind = ZL_RECORD_STATE, .offset = offset};

        if (offset >= reader->size ||
            !zl_scan_holds(reader->data, reader->size, offset, &record.frame_size))
                return false;
        record.kind = (enum zl_record_kind)reader->data[offset + 4];
        record.frame = reader->data + offset + ZL_TAPE_HEAD_SIZE;
        return zl_tape_part_get(&record, ret_part) && !memcmp(ret_part->seal, seal, ZL_SEAL_SIZE);
}

/* Whether the whole state stands there; `part` is its first record. */
static bool whole_at(const struct zl_tape_reader *reader, uint64_t offset,
                     struct zl_tape_part part, struct zl_tape_state *ret_state)
{
        const uint8_t *seal = part.seal;
        struct zl_tape_state state = {.number = part.number,
                                      .offset = offset,
                                      .now_ns = part.now_ns,
                                      .messages = part.messages,
                                      .size = part.size};
        uint64_t next = offset, done = 0;

        do {
                if (!part_at(reader, seal, next, &part) || part.back != next - offset ||
                    part.number != state.number + state.records || part.size != state.size ||
                    part.at != done || (part.bytes_size == 0 && state.size > 0))
                        return false;
                next += ZL_TAPE_HEAD_SIZE + ZL_PART_HEAD_SIZE + part.bytes_size;
                done += part.bytes_size;
                state.records++;
        } while (done < state.size);
        state.behind = next;
        *ret_state = state;
        return true;
}

/* The seal stands among the first two records. */
static const uint8_t *find_seal(const struct zl_tape_reader *reader)
{
        uint64_t at = ZL_TAPE_MAGIC_SIZE;
        uint32_t size;

        for (int i = 0; i < 2 && at < reader->size; i++) {
                if (!zl_scan_holds(reader->data, reader->size, at, &size))
                        return NULL;
                if (reader->data[at + 4] == ZL_RECORD_SEAL && size == ZL_SEAL_SIZE)
                        return reader->data + at + ZL_TAPE_HEAD_SIZE;
                at += ZL_TAPE_HEAD_SIZE + size;
        }
        return NULL;
}

/* The last place before `end` where the seal stands; 0: none. */
static uint64_t last_seal(const struct zl_tape_reader *reader, const uint8_t *seal, uint64_t end)
{
        while (end >= ZL_SEAL_SIZE) {
                uint64_t begin = end > WINDOW ? end - WINDOW : 0, found = 0;
                const uint8_t *at = reader->data + begin, *stop = reader->data + end;
                while ((at = memmem(at, (size_t)(stop - at), seal, ZL_SEAL_SIZE)) != NULL) {
                        found = (uint64_t)(at - reader->data);
                        at++;
                }
                if (found)
                        return found;
                if (begin == 0)
                        break;
                end = begin + ZL_SEAL_SIZE - 1; /* one that begins before the window */
        }
        return 0;
}

static bool fits(const struct zl_tape_part *part, uint64_t number_max, uint64_t now_ns_max)
{
        return part->number <= number_max && part->now_ns <= now_ns_max;
}

/* From the state whose first record stands there back to the last one that fits. False: the chain
 * breaks, and *offset is where. */
static bool follow(const struct zl_tape_reader *reader, const uint8_t *seal, uint64_t *offset,
                   uint64_t number_max, uint64_t now_ns_max, struct zl_tape_state *ret_state)
{
        struct zl_tape_part part, before;

        while (part_at(reader, seal, *offset, &part) && part.at == 0) {
                if (fits(&part, number_max, now_ns_max) &&
                    whole_at(reader, *offset, part, ret_state))
                        return true;
                if (part.previous == 0 || part.previous >= *offset ||
                    !part_at(reader, seal, *offset - part.previous, &before))
                        return false;
                *offset -= part.previous;
        }
        return false;
}

static enum zl_err find_on_tape(const struct zl_tape_reader *reader, uint64_t number_max,
                                uint64_t now_ns_max, struct zl_tape_state *ret_state)
{
        const uint8_t *seal = find_seal(reader);
        uint64_t end = reader->size, at;
        struct zl_tape_part part;

        while (seal && (at = last_seal(reader, seal, end)) > ZL_TAPE_HEAD_SIZE) {
                uint64_t offset = at - ZL_TAPE_HEAD_SIZE;
                if (part_at(reader, seal, offset, &part) && part.back < offset) {
                        offset -= part.back;
                        if (follow(reader, seal, &offset, number_max, now_ns_max, ret_state))
                                return ZL_OK;
                }
                end = offset + ZL_TAPE_HEAD_SIZE + ZL_SEAL_SIZE - 1;
        }
        return ZL_ERR_END;
}

enum zl_err zl_tape_find_state(struct zl_tape_reader *reader, uint64_t number_max,
                               uint64_t now_ns_max, struct zl_tape_state *ret_state)
{
        if (reader->kept)
                return zl_kept_find_state(reader->kept, number_max, now_ns_max, ret_state);
        return find_on_tape(reader, number_max, now_ns_max, ret_state);
}

enum zl_err zl_tape_read_state(struct zl_tape_reader *reader, const struct zl_tape_state *state,
                               uint8_t *bytes)
{
        uint64_t offset = state->offset, done = 0;
        uint32_t size;

        if (reader->kept)
                return zl_kept_read_state(reader->kept, state, bytes);
        for (; offset < state->behind; offset += ZL_TAPE_HEAD_SIZE + size) {
                if (!zl_scan_holds(reader->data, reader->size, offset, &size) ||
                    size < ZL_PART_HEAD_SIZE || size - ZL_PART_HEAD_SIZE > state->size - done)
                        return ZL_ERR_DAMAGED;
                memcpy(bytes + done, reader->data + offset + ZL_TAPE_HEAD_SIZE + ZL_PART_HEAD_SIZE,
                       size - ZL_PART_HEAD_SIZE);
                done += size - ZL_PART_HEAD_SIZE;
        }
        return done == state->size ? ZL_OK : ZL_ERR_DAMAGED;
}

enum zl_err zl_tape_go_behind(struct zl_tape_reader *reader, const struct zl_tape_state *state)
{
        reader->number = state->number + state->records;
        reader->offset = state->behind;
        return reader->kept ? zl_kept_go_behind(reader->kept, state) : ZL_OK;
}
