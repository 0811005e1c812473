#include "app/journal/recent.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_AN_ENTRY = 128 }; /* of room for frames, for each entry that there is room for */

enum zl_err zl_recent_open(struct zl_recent *recent, uint64_t capacity, uint32_t streams_max)
{
        *recent = (struct zl_recent){.first = 1};
        if (capacity == 0)
                return ZL_OK;
        recent->capacity = capacity;
        recent->entries_max = capacity / BYTES_AN_ENTRY + 1;
        recent->streams_max = streams_max;
        recent->bytes = malloc(capacity);
        recent->entries = calloc(recent->entries_max, sizeof *recent->entries);
        recent->newest = calloc(streams_max, sizeof *recent->newest);
        return recent->bytes && recent->entries && recent->newest ? ZL_OK : ZL_ERR_SYSTEM;
}

void zl_recent_close(struct zl_recent *recent)
{
        free(recent->bytes);
        free(recent->entries);
        free(recent->newest);
        *recent = (struct zl_recent){0};
}

static struct zl_recent_entry *place(const struct zl_recent *recent, uint64_t number)
{
        return &recent->entries[number % recent->entries_max];
}

const struct zl_recent_entry *zl_recent_entry(const struct zl_recent *recent, uint64_t number)
{
        bool there = number && number >= recent->first && number <= recent->last;

        return there ? place(recent, number) : NULL;
}

const uint8_t *zl_recent_frame(const struct zl_recent *recent, const struct zl_recent_entry *entry)
{
        return recent->bytes + entry->at % recent->capacity;
}

/* Where the next frame stands: in one piece, so not over the end of the room. */
static uint64_t make_room(struct zl_recent *recent, uint32_t size)
{
        uint64_t at = recent->end, left = recent->capacity - at % recent->capacity;

        if (left < size)
                at += left;
        while (recent->first <= recent->last &&
               (place(recent, recent->first)->at + recent->capacity < at + size ||
                recent->last - recent->first + 1 == recent->entries_max))
                recent->first++;
        recent->end = at + size;
        return at;
}

void zl_recent_put(struct zl_recent *recent, uint32_t stream, uint64_t epoch, uint64_t seq,
                   const void *frame, uint32_t size)
{
        if (size > recent->capacity || stream >= recent->streams_max)
                return;
        const struct zl_recent_entry *newest = zl_recent_entry(recent, recent->newest[stream]);
        if (newest &&
            (epoch < newest->epoch || (epoch == newest->epoch && seq <= newest->seq)))
                return;
        uint64_t at = make_room(recent, size), number = ++recent->last;
        struct zl_recent_entry *entry = place(recent, number);
        *entry = (struct zl_recent_entry){.epoch = epoch,
                                          .seq = seq,
                                          .at = at,
                                          .previous = recent->newest[stream],
                                          .size = size,
                                          .stream = stream};
        memcpy(recent->bytes + at % recent->capacity, frame, size);
        if (zl_recent_entry(recent, entry->previous))
                place(recent, entry->previous)->next = number;
        recent->newest[stream] = number;
}

uint64_t zl_recent_find(const struct zl_recent *recent, uint32_t stream, uint64_t epoch,
                        uint64_t first)
{
        uint64_t found = 0;

        if (stream >= recent->streams_max)
                return 0;
        for (uint64_t number = recent->newest[stream];;) {
                const struct zl_recent_entry *entry = zl_recent_entry(recent, number);
                if (!entry || entry->epoch < epoch ||
                    (entry->epoch == epoch && entry->seq < first))
                        return found;
                if (entry->epoch == epoch)
                        found = number;
                number = entry->previous;
        }
}
