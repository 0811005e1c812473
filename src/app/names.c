#include "app/names.h"

/* ---- names ---- */

/* Its control characters would be the terminal's. */
static void put_symbol(struct zl_text *text, const char *symbol)
{
        for (; *symbol; symbol++) {
                bool control = (unsigned char)*symbol < 0x20 || *symbol == 0x7f;
                zl_text_char(text, control ? '?' : *symbol);
        }
}

static void put_named(struct zl_text *text, uint32_t id, const char *symbol)
{
        zl_text_u64(text, id);
        if (!symbol || !*symbol)
                return;
        zl_text_char(text, ' ');
        put_symbol(text, symbol);
}

void zl_name_instrument(struct zl_text *text, const struct zl_scales *scales, uint32_t id)
{
        put_named(text, id, zl_scales_symbol(scales, id));
}

void zl_name_asset(struct zl_text *text, const struct zl_scales *scales, uint32_t id)
{
        put_named(text, id, zl_scales_asset_symbol(scales, id));
}

void zl_name_unit(struct zl_text *text, const struct zl_scales *scales, uint32_t asset)
{
        const char *symbol = zl_scales_asset_symbol(scales, asset);

        if (symbol && *symbol)
                put_symbol(text, symbol);
        else
                zl_text_u64(text, asset);
}

/* ---- what a pool waits for ---- */

struct names {
        const struct zl_engine *engine;
        const struct zl_scales *scales;
};

static void say_asset(const struct names *names, const char *what, uint32_t asset,
                      struct zl_text *text)
{
        zl_text_put(text, what);
        zl_name_asset(text, names->scales, asset);
}

static bool waits_for_asset(const struct names *names, const struct zl_asset *asset,
                            struct zl_text *text)
{
        if (!asset->defined)
                say_asset(names, "asset ", asset->id, text);
        else if (!asset->has_rate)
                say_asset(names, "the rate of ", asset->id, text);
        return !asset->defined || !asset->has_rate;
}

static bool waits_for_instrument(const struct names *names,
                                 const struct zl_instrument *instrument, struct zl_text *text)
{
        uint32_t row;

        if (!instrument->defined) {
                zl_text_put(text, "instrument ");
                zl_text_u64(text, instrument->id);
                return true;
        }
        if (!instrument->usable) {
                bool known = zl_map_get(&names->engine->assets_by_id, instrument->settle, &row) &&
                             names->engine->assets[row].defined;
                zl_text_put(text, known ? "instrument " : "the settle asset of ");
                zl_name_instrument(text, names->scales, instrument->id);
                return true;
        }
        if (!instrument->has_mark) {
                zl_text_put(text, "a mark of ");
                zl_name_instrument(text, names->scales, instrument->id);
                return true;
        }
        return waits_for_asset(names, &names->engine->assets[instrument->settle_at], text);
}

void zl_name_wait(struct zl_text *text, const struct zl_scales *scales,
                  const struct zl_subject *subject)
{
        const struct zl_engine *engine = subject->engine;
        const struct names of = {engine, scales}, *names = &of;
        const struct zl_account *account = &engine->accounts[subject->pool->account];
        const struct zl_pool *pool = subject->pool;

        if (subject->refusal) {
                zl_text_put(text, subject->refusal);
                return;
        }
        zl_text_put(text, "for ");
        if (account->suspended) {
                zl_text_put(text, "the account, whole");
                return;
        }
        if (engine->numeraire == ZL_NONE_AT) {
                zl_text_put(text, "a numeraire");
                return;
        }
        for (uint32_t row = pool->first_position; row != ZL_NONE_AT;
             row = engine->positions[row].next_of_pool) {
                uint32_t at = engine->positions[row].instrument;
                if (waits_for_instrument(names, &engine->instruments[at], text))
                        return;
        }
        for (uint32_t row = pool->id.cross ? account->first_balance : ZL_NONE_AT;
             row != ZL_NONE_AT; row = engine->balances[row].next_of_account) {
                if (waits_for_asset(names, &engine->assets[engine->balances[row].asset], text))
                        return;
        }
        zl_text_put(text, "its policy");
}
