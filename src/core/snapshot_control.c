/* snapshot_control.c - what all depend on, for an engine that missed a part of it.
 *
 * Of a snapshot's shared part only what control messages say is taken: prices and funds have
 * streams of their own, which are ahead of it or repair themselves. */
#include "core/pass.h"
#include "core/stream.h"

static void read_stream(struct zl_pass *pass, struct zl_engine *engine)
{
        struct zl_stream said = {0}, *stream;

        zl_pass_stream_name(pass, &said.src, &said.topic);
        zl_pass_stream(pass, &said);
        if (pass->failed || said.topic.kind != ZL_TOPIC_CTRL)
                return;
        stream = zl_stream_of(engine, said.src, said.topic);
        pass->failed |= !stream || said.holed;
        if (pass->failed)
                return;
        said.holed = stream->holed; /* until the topic is said to be whole */
        *stream = said;
}

void zl_pass_control(struct zl_pass *pass, struct zl_engine *engine)
{
        size_t end = zl_pass_open_part(pass);
        uint64_t now_ns = 0;
        bool flag = false;

        zl_pass_u64(pass, &now_ns); /* of its writer: nothing that is taken here has a time */
        for (int i = 0; i < 3; i++)
                zl_pass_bool(pass, &flag);
        zl_pass_definitions(pass, engine);
        uint32_t count = zl_pass_count(pass, 0, engine->config.streams_max);
        for (uint32_t i = 0; i < count && !pass->failed; i++)
                read_stream(pass, engine);
        zl_pass_close_part(pass, end);
}
