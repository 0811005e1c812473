#include "app/bring.h"

enum zl_err zl_bring(struct zl_batch *batch, struct zl_engines *engines, struct zl_point *point,
                     zl_bring_heard *heard, void *context)
{
        enum zl_err err;

        while ((err = zl_batch_read(batch, point)) == ZL_OK) {
                zl_engines_run(engines, batch);
                if (!heard(context))
                        return ZL_ERR_SYSTEM;
        }
        return err == ZL_ERR_END && batch->holds ? ZL_OK : err;
}
