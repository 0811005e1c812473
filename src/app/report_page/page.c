#include "app/report_page/page.h"

#include "app/say.h"

#include <errno.h>
#include <string.h>

bool zl_page_is_there(void)
{
        if (zl_page_before_size)
                return true;
        zl_say("--report: this zeroline was built without the page, as Chart.js was missing; "
               "install it (Debian's libjs-chart.js) and build again with -Dreport=enabled");
        return false;
}

/* A `<` could end the element that the data stands in; in JSON it stands in texts only. */
static void put_data(const char *data, size_t size, FILE *to)
{
        const char *end = data + size, *next;

        while ((next = memchr(data, '<', (size_t)(end - data))) != NULL) {
                fwrite(data, 1, (size_t)(next - data), to);
                fputs("\\u003c", to);
                data = next + 1;
        }
        fwrite(data, 1, (size_t)(end - data), to);
}

enum zl_err zl_page_write(const char *data, size_t size, FILE *to)
{
        errno = 0;
        fwrite(zl_page_before, 1, zl_page_before_size, to);
        put_data(data, size, to);
        fwrite(zl_page_behind, 1, zl_page_behind_size, to);
        if (fflush(to) == 0 && !ferror(to))
                return ZL_OK;
        errno = errno ? errno : EIO;
        return ZL_ERR_SYSTEM;
}
