#include "app/whatif/maps.h"

#include <stdlib.h>

static bool make_one(const struct zl_engine *engine, uint32_t instrument,
                     struct zl_liqmap **ret_map)
{
        uint32_t row;

        if (!zl_map_get(&engine->instruments_by_id, instrument, &row) ||
            !engine->instruments[row].has_mark)
                return true;
        *ret_map = malloc(sizeof **ret_map);
        return *ret_map && zl_liqmap_make(engine, row, *ret_map);
}

bool zl_whatif_maps_make(struct zl_whatif_maps *maps, const struct zl_branch *branch)
{
        const struct zl_whatif_report *report = &branch->survey->report;
        bool good;

        maps->at = report->timed ? branch->now_ns : branch->messages;
        maps->rows = calloc(report->instruments_count + 1, sizeof(struct zl_liqmap *));
        good = maps->rows != NULL;
        for (uint32_t i = 0; good && i < report->instruments_count; i++)
                good = make_one(branch->run.engine, branch->survey->instruments[i],
                                &maps->rows[i]);
        return good;
}

void zl_whatif_maps_free(struct zl_whatif_maps *maps, uint32_t instruments_count)
{
        for (uint32_t i = 0; maps->rows && i < instruments_count; i++)
                free(maps->rows[i]);
        free(maps->rows);
        *maps = (struct zl_whatif_maps){0};
}
