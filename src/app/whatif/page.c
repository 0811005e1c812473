#include "app/whatif/page.h"

#include "app/report_page/page.h"
#include "app/say.h"
#include "codec/json.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- the file ---- */

bool zl_whatif_page_open(struct zl_whatif_page *page, const char *path)
{
        *page = (struct zl_whatif_page){.path = path};
        if (!zl_page_is_there())
                return false;
        if (asprintf(&page->partial, "%s.partial", path) < 0) {
                page->partial = NULL;
                zl_say("out of memory");
                return false;
        }
        page->file = fopen(page->partial, "wb");
        if (!page->file)
                zl_say_errno("--report: cannot make %s", page->partial);
        return page->file != NULL;
}

static bool finish(struct zl_whatif_page *page)
{
        FILE *file = page->file;

        page->file = NULL;
        if (fclose(file) == 0 && rename(page->partial, page->path) == 0)
                return true;
        zl_say_errno("--report: cannot write %s", page->path);
        (void)unlink(page->partial);
        return false;
}

void zl_whatif_page_close(struct zl_whatif_page *page)
{
        if (page->file) {
                fclose(page->file);
                (void)unlink(page->partial);
        }
        free(page->partial);
        *page = (struct zl_whatif_page){0};
}

/* ---- the data ---- */

static void put_map(const struct zl_whatif_report *report, const struct zl_liqmap *map, bool *first,
                    char *scratch, FILE *to)
{
        struct zl_text text = zl_text_over(scratch, ZL_LIQMAP_TEXT_MAX);

        zl_liqmap_put(map, report->scales, &text);
        ZL_ASSERT(!text.full);
        fprintf(to, "%s%s", *first ? "" : ",", text.data);
        *first = false;
}

/* Of the instruments whose prices the report tells. */
static void put_moment(const struct zl_whatif_report *report,
                       const struct zl_whatif_variant *variant, const struct zl_whatif_maps *maps,
                       const char *moment, char *scratch, FILE *to)
{
        struct zl_text text = zl_text_over(scratch, ZL_LIQMAP_TEXT_MAX);
        bool first = true;

        zl_json_string(&text, variant->name);
        fprintf(to, "{\"variant\":%s,\"moment\":\"%s\",\"at\":%llu,\"instruments\":[", text.data,
                moment, (unsigned long long)maps->at);
        for (uint32_t i = 0; i < report->instruments_count; i++) {
                if (variant->instruments[i].price && maps->rows[i])
                        put_map(report, maps->rows[i], &first, scratch, to);
        }
        fputs("]}", to);
}

static void put_moments(const struct zl_whatif_report *report,
                        const struct zl_whatif_moments *moments, char *scratch, FILE *to)
{
        static const char *const names[] = {
                [ZL_WHATIF_BEFORE] = "before", [ZL_WHATIF_ASKED] = "asked",
                [ZL_WHATIF_END] = "end"};
        bool first = true;

        for (uint32_t i = 0; i < report->variants_count; i++) {
                for (uint32_t k = 0; k < ZL_WHATIF_MOMENTS; k++) {
                        if (!moments[i].maps[k].rows)
                                continue;
                        fputs(first ? "" : ",", to);
                        first = false;
                        put_moment(report, &report->variants[i], &moments[i].maps[k], names[k],
                                   scratch, to);
                }
        }
}

static bool put_data(const struct zl_whatif_report *report,
                     const struct zl_whatif_moments *moments, FILE *to)
{
        char *scratch = malloc(ZL_LIQMAP_TEXT_MAX);
        bool good = scratch != NULL;

        fprintf(to, "{\"version\":\"%s\",\"replay\":", ZL_VERSION);
        good = good && zl_whatif_print_json(report, to) == ZL_OK;
        fputs(",\"maps\":[", to);
        if (good)
                put_moments(report, moments, scratch, to);
        fputs("]}", to);
        free(scratch);
        return good && !ferror(to);
}

bool zl_whatif_page_write(struct zl_whatif_page *page, const struct zl_whatif_report *report,
                          const struct zl_whatif_moments *moments)
{
        char *data = NULL;
        size_t size = 0;
        FILE *to = open_memstream(&data, &size);
        bool good = to && put_data(report, moments, to);

        if (to && fclose(to) != 0)
                good = false;
        if (!good)
                zl_say("out of memory");
        else if (zl_page_write(data, size, page->file) != ZL_OK)
                zl_say_errno("--report: cannot write %s", page->partial);
        else
                good = finish(page);
        free(data);
        return good && !page->file;
}
