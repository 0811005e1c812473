#include "app/replay/bring.h"

#include "app/replay/seek.h"

static enum zl_err take_state(void *context, const struct zl_tape_state *state,
                              const uint8_t *bytes)
{
        return zl_engines_load(context, state, bytes);
}

/* Of a journal it is not known how many messages came before: its messages are counted. */
static enum zl_err jump(const struct zl_bring *bring)
{
        struct zl_batch *batch = bring->batch;
        const char *path = batch->settings.path;
        struct zl_tape_state state;

        if (bring->from_begin || zl_tape_is_kept(path))
                return ZL_OK;
        enum zl_err err = zl_seek_base(batch->tape, bring->point);
        if (err != ZL_OK)
                return err;
        const struct zl_seek seek = {
                .path = path, .tape = batch->tape, .point = *bring->point, .in_front = true};
        err = zl_seek_state(&seek, take_state, bring->engines, &state);
        if (err != ZL_OK)
                return err == ZL_ERR_END ? ZL_OK : err;
        zl_batch_begin_at(batch, &state, zl_seek_time(path, zl_engines_first(bring->engines)));
        bring->begun(bring->context, &state);
        return ZL_OK;
}

enum zl_err zl_bring(const struct zl_bring *bring)
{
        struct zl_batch *batch = bring->batch;
        enum zl_err err = jump(bring);

        if (err != ZL_OK)
                return err;
        while ((err = zl_batch_read(batch, bring->point)) == ZL_OK) {
                zl_engines_run(bring->engines, batch);
                if (!bring->heard(bring->context))
                        return ZL_ERR_SYSTEM;
        }
        return err == ZL_ERR_END && batch->holds ? ZL_OK : err;
}
