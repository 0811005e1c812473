#include "app/router/heard.h"

struct source {
        uint32_t number; /* from 1 */
        uint32_t kinds;  /* bit of each kind of topic that it was heard on */
        uint64_t epoch;
};

struct stream {
        bool heard;
        uint64_t epoch, seq;
};

_Static_assert(ZL_TOPIC_KINDS <= 32, "five bits hold a kind");

void zl_heard_open(struct zl_heard *heard)
{
        *heard = (struct zl_heard){.sources = {.row_size = sizeof(struct source)},
                                   .streams = {.row_size = sizeof(struct stream)}};
}

void zl_heard_close(struct zl_heard *heard)
{
        zl_table_free(&heard->sources);
        zl_table_free(&heard->streams);
}

/* Five bits of the kind, 27 of the source's number, 32 of the id. */
static uint64_t key_of(const struct source *source, struct zl_topic topic)
{
        return (uint64_t)topic.kind << 59 | (uint64_t)source->number << 32 | topic.id;
}

static struct stream *find(struct zl_heard *heard, uint32_t src, struct zl_topic topic)
{
        const struct source *source = zl_table_get(&heard->sources, src);

        return source ? zl_table_get(&heard->streams, key_of(source, topic)) : NULL;
}

/* Whether it begins anew. */
static bool take_source(struct zl_heard *heard, struct source *source,
                        const struct zl_header *header)
{
        bool is_new = source->number == 0;

        if (is_new)
                source->number = heard->sources.map.count;
        source->kinds |= (uint32_t)1 << header->topic.kind;
        if (header->epoch <= source->epoch)
                return false;
        source->epoch = header->epoch;
        return !is_new;
}

enum zl_heard_as zl_heard_take(struct zl_heard *heard, const struct zl_header *header,
                               bool *ret_anew)
{
        struct source *source = zl_table_row(&heard->sources, header->src);

        *ret_anew = source && take_source(heard, source, header);
        struct stream *stream =
                source ? zl_table_row(&heard->streams, key_of(source, header->topic)) : NULL;
        if (!stream)
                return ZL_HEARD_NEXT;
        bool same = header->epoch == stream->epoch;
        if (header->epoch < stream->epoch)
                return ZL_HEARD_OVER;
        if (stream->heard && same && header->seq <= stream->seq)
                return ZL_HEARD_OLD;
        bool next = !stream->heard || (same && header->seq == stream->seq + 1);
        *stream = (struct stream){true, header->epoch, header->seq};
        return next ? ZL_HEARD_NEXT : ZL_HEARD_HOLE;
}

bool zl_heard_beat(struct zl_heard *heard, uint32_t src, struct zl_topic topic, uint64_t epoch,
                   uint64_t seq)
{
        struct stream *stream = find(heard, src, topic);

        if (!stream || epoch < stream->epoch || (epoch == stream->epoch && seq <= stream->seq))
                return false;
        *stream = (struct stream){true, epoch, seq};
        return true;
}

uint64_t zl_heard_epoch(struct zl_heard *heard, uint32_t src, struct zl_topic topic)
{
        const struct stream *stream = find(heard, src, topic);

        return stream ? stream->epoch : 0;
}

bool zl_heard_says(struct zl_heard *heard, uint32_t src, enum zl_topic_kind kind)
{
        const struct source *source = zl_table_get(&heard->sources, src);

        return source && source->kinds >> kind & 1;
}
