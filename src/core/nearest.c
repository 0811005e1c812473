/* nearest.c - where along the marks a pool stops being good, or begins to be. */
#include "core/lines.h"

static struct zl_wide wide(zl_i128 a)
{
        return zl_wide_of(a);
}

bool zl_is_good(const struct zl_terms *terms, struct zl_threshold threshold, int64_t mark)
{
        zl_i128 u = zl_coordinate(terms->instrument, mark);
        struct zl_piece piece = zl_piece_of(terms, threshold, zl_tier_at(terms, u));

        for (int i = 0; i < 2; i++) {
                int sign = zl_wide_sign(zl_line_at(&piece.lines[i], u));
                if (sign < 0 || (threshold.strict && sign == 0))
                        return false;
        }
        return true;
}

/* A search over marks, and the same along the coordinate, which may run the other way. */
struct search {
        const struct zl_terms *terms;
        struct zl_threshold threshold;
        bool good;
        enum zl_direction direction; /* of the mark */
        int64_t first, last;         /* marks, in the order of the search */
        bool up;                     /* the coordinate rises as the search goes on */
        zl_i128 low, high;           /* coordinates */
};

/* The first mark of the search whose coordinate lies in [low, high]. Of an inverse contract many
 * marks may share a coordinate, and a coordinate may be no mark's. */
static bool first_mark(const struct search *search, zl_i128 low, zl_i128 high, int64_t *ret_mark)
{
        const struct zl_instrument *instrument = search->terms->instrument;
        zl_i128 here = zl_coordinate(instrument, search->first);
        zl_i128 mark = search->up ? low : high;

        if (here >= low && here <= high) {
                *ret_mark = search->first;
                return true;
        }
        if (instrument->kind == ZL_KIND_INVERSE) {
                struct zl_wide power = zl_wide_pow10(instrument->reciprocal_exponent);
                if (search->up) /* the highest mark with U >= low */
                        mark = zl_wide_saturate(zl_wide_div_floor(power, wide(low)));
                else /* the lowest with U <= high */
                        mark = zl_wide_saturate(zl_wide_div_floor(power, wide(high + 1))) + 1;
        }
        if (search->direction == ZL_DOWN ? mark < search->last : mark > search->last)
                return false;
        zl_i128 found = zl_coordinate(instrument, (int64_t)mark);
        *ret_mark = (int64_t)mark;
        return found >= low && found <= high;
}

/* In [low, high] the good coordinates stand together; the others before and behind them. */
static bool first_in(const struct search *search, const struct zl_piece *piece, zl_i128 low,
                     zl_i128 high, int64_t *ret_mark)
{
        zl_i128 first = low, last = high; /* of the good ones */

        zl_keep_good(&piece->lines[0], search->threshold.strict, &first, &last);
        if (first <= last)
                zl_keep_good(&piece->lines[1], search->threshold.strict, &first, &last);
        if (search->good)
                return first <= last && first_mark(search, first, last, ret_mark);
        if (first > last)
                return first_mark(search, low, high, ret_mark);
        for (int i = 0; i < 2; i++) {
                bool before = (i == 0) == search->up;
                zl_i128 from = before ? low : last + 1, to = before ? first - 1 : high;
                if (from <= to && first_mark(search, from, to, ret_mark))
                        return true;
        }
        return false;
}

static bool run_search(const struct search *search, int64_t *ret_mark)
{
        uint32_t tier = zl_tier_at(search->terms, search->up ? search->low : search->high);

        for (;;) {
                struct zl_piece piece = zl_piece_of(search->terms, search->threshold, tier);
                zl_i128 low = zl_max_i128(piece.low, search->low);
                zl_i128 high = zl_min_i128(piece.high, search->high);
                if (low <= high && first_in(search, &piece, low, high, ret_mark))
                        return true;
                if (search->up ? piece.high >= search->high : piece.low <= search->low)
                        return false;
                tier = search->up ? tier + 1 : tier - 1;
        }
}

bool zl_nearest(const struct zl_terms *terms, struct zl_threshold threshold, bool good,
                int64_t from, enum zl_direction direction, int64_t low, int64_t high,
                int64_t *ret_mark)
{
        bool inverse = terms->instrument->kind == ZL_KIND_INVERSE;

        if (direction == ZL_DOWN)
                high = from < high ? from : high;
        else
                low = from > low ? from : low;
        if (low > high)
                return false;
        const struct search search = {
                .terms = terms,
                .threshold = threshold,
                .good = good,
                .direction = direction,
                .first = direction == ZL_DOWN ? high : low,
                .last = direction == ZL_DOWN ? low : high,
                .up = (direction == ZL_UP) != inverse,
                .low = zl_coordinate(terms->instrument, inverse ? high : low),
                .high = zl_coordinate(terms->instrument, inverse ? low : high),
        };
        return run_search(&search, ret_mark);
}

/* A line is bad somewhere when it is bad at an end, or falls for ever. */
static bool line_ever_bad(const struct zl_line *line, bool strict, zl_i128 low, zl_i128 high)
{
        int first = zl_wide_sign(zl_line_at(line, low));

        if (first < 0 || (strict && first == 0))
                return true;
        if (high == ZL_NO_END)
                return zl_wide_negative(line->alpha);
        int last = zl_wide_sign(zl_line_at(line, high));
        return last < 0 || (strict && last == 0);
}

static bool ever_bad_between(const struct zl_terms *terms, struct zl_threshold threshold,
                             zl_i128 low, zl_i128 high)
{
        for (uint32_t tier = zl_tier_at(terms, low); low <= high; tier++) {
                struct zl_piece piece = zl_piece_of(terms, threshold, tier);
                zl_i128 first = zl_max_i128(piece.low, low), last = zl_min_i128(piece.high, high);
                for (int i = 0; first <= last && i < 2; i++) {
                        if (line_ever_bad(&piece.lines[i], threshold.strict, first, last))
                                return true;
                }
                if (piece.high >= high)
                        return false;
        }
        return false;
}

bool zl_ever_bad(const struct zl_terms *terms, struct zl_threshold threshold,
                 enum zl_direction direction)
{
        const struct zl_instrument *instrument = terms->instrument;
        bool inverse = instrument->kind == ZL_KIND_INVERSE;
        zl_i128 least = zl_coordinate(instrument,
                                      inverse ? instrument->max_price : instrument->min_price);
        bool rising = (direction == ZL_UP) != inverse;

        if (rising)
                return ever_bad_between(terms, threshold, zl_coordinate_most(instrument) + 1,
                                        ZL_NO_END);
        return ever_bad_between(terms, threshold, 0, least - 1);
}
