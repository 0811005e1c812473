/* page.h - the report as a page, with the liquidation map of every variant.
 *
 * Owns: the file until it is whole: it appears under its name then. Thread: one. */
#ifndef ZL_APP_WHATIF_PAGE_H
#define ZL_APP_WHATIF_PAGE_H

#include "app/whatif/maps.h"

/* When maps are made. */
enum zl_whatif_moment {
        ZL_WHATIF_BEFORE, /* whatever was decided first on the tape; never, where nothing was */
        ZL_WHATIF_ASKED,  /* at the place that was named; never, where none was */
        ZL_WHATIF_END,
        ZL_WHATIF_MOMENTS
};

/* Of one variant. */
struct zl_whatif_moments {
        struct zl_whatif_maps maps[ZL_WHATIF_MOMENTS];
};

struct zl_whatif_page {
        const char *path;
        char *partial; /* what it is called until it is whole */
        FILE *file;
};

/* False after a line on stderr. Close it in any case. */
ZL_MUST_CHECK bool zl_whatif_page_open(struct zl_whatif_page *page, const char *path);
/* `moments`: of each variant. False after a line on stderr. */
ZL_MUST_CHECK bool zl_whatif_page_write(struct zl_whatif_page *page,
                                        const struct zl_whatif_report *report,
                                        const struct zl_whatif_moments *moments);
void zl_whatif_page_close(struct zl_whatif_page *page);

#endif
