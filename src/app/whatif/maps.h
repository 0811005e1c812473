/* maps.h - the liquidation maps of one variant at one moment.
 *
 * Owns: its maps, one an instrument of the report. Thread: its branch's; read when all are done. */
#ifndef ZL_APP_WHATIF_MAPS_H
#define ZL_APP_WHATIF_MAPS_H

#include "app/risk/liqmap.h"
#include "app/whatif/branch.h"

struct zl_whatif_maps {
        uint64_t at; /* on the report's axis */
        struct zl_liqmap **rows; /* as the report's instruments; NULL: no mark. NULL: not made */
};

/* False: out of memory. Free it in any case. */
ZL_MUST_CHECK bool zl_whatif_maps_make(struct zl_whatif_maps *maps,
                                       const struct zl_branch *branch);
void zl_whatif_maps_free(struct zl_whatif_maps *maps, uint32_t instruments_count);

#endif
