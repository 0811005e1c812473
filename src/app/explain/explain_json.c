#include "app/explain/explain.h"

#include "app/explain/defined.h"
#include "app/explain/explain_words.h"
#include "app/fields.h"

/* ---- lines that other commands read too ---- */

static void put_line(const struct zl_explanation *of, struct zl_text *text,
                     const struct zl_header *header, const struct zl_message *message)
{
        zl_item(text);
        zl_json_message(text, of->scales, header, message);
        zl_json_close(text);
}

/* Counts the lines of the world, so that they are frames without a gap. */
struct world {
        const struct zl_explanation *of;
        struct zl_text *text;
        uint64_t ctrl_seq;
};

static void put_defined(struct world *world, uint64_t ts_ns)
{
        const struct zl_message *message = world->of->scratch;
        struct zl_header header = {.src = 1, .epoch = 1, .seq = 1, .ts_ns = ts_ns};

        if (!zl_scales_topic(world->of->scales, message, 1, &header.topic))
                return;
        if (header.topic.kind == ZL_TOPIC_CTRL)
                header.seq = ++world->ctrl_seq;
        put_line(world->of, world->text, &header, message);
}

static void name_symbol(char *to, size_t size, const char *symbol)
{
        struct zl_text text = zl_text_over(to, size);

        zl_text_put(&text, symbol ? symbol : "");
}

static void put_assets(struct world *world)
{
        const struct zl_engine *engine = world->of->engine;
        struct zl_message *message = world->of->scratch;

        for (uint32_t i = 0; i < engine->assets_by_id.count; i++) {
                const struct zl_asset *asset = &engine->assets[i];
                if (!asset->defined)
                        continue;
                zl_defined_asset(asset, message);
                name_symbol(message->asset.symbol, sizeof message->asset.symbol,
                            zl_scales_asset_symbol(world->of->scales, asset->id));
                put_defined(world, 0);
        }
        for (uint32_t i = 0; i < engine->policies_by_id.count; i++) {
                if (!engine->policies[i].defined)
                        continue;
                zl_defined_policy(&engine->policies[i], message);
                put_defined(world, 0);
        }
}

static void put_instruments(struct world *world)
{
        const struct zl_engine *engine = world->of->engine;
        struct zl_message *message = world->of->scratch;

        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                const struct zl_instrument *instrument = &engine->instruments[i];
                if (!instrument->usable)
                        continue;
                zl_defined_instrument(instrument, message);
                name_symbol(message->instrument.symbol, sizeof message->instrument.symbol,
                            zl_scales_symbol(world->of->scales, instrument->id));
                put_defined(world, 0);
        }
}

static void put_prices(struct world *world)
{
        const struct zl_engine *engine = world->of->engine;

        for (uint32_t i = 0; i < engine->assets_by_id.count; i++) {
                if (!engine->assets[i].has_rate || engine->assets[i].numeraire)
                        continue;
                zl_defined_rate(&engine->assets[i], world->of->scratch);
                put_defined(world, 0);
        }
        for (uint32_t i = 0; i < engine->instruments_by_id.count; i++) {
                const struct zl_instrument *instrument = &engine->instruments[i];
                if (!instrument->usable || !instrument->has_mark)
                        continue;
                zl_defined_mark(instrument, world->of->scratch);
                put_defined(world, instrument->mark_ns);
        }
}

void zl_explain_world(const struct zl_explanation *of, const struct zl_pool *pool,
                      struct zl_text *text)
{
        struct world world = {.of = of, .text = text};

        zl_begin(text, "world", '[');
        zl_message_init(of->scratch, ZL_TYPE_CLUSTER);
        of->scratch->cluster.partitions = of->engine->partitions;
        put_defined(&world, 0);
        if (of->engine->now_ns) {
                zl_message_init(of->scratch, ZL_TYPE_CLOCK);
                put_defined(&world, of->engine->now_ns);
        }
        put_assets(&world);
        put_instruments(&world);
        put_prices(&world);
        if (pool) {
                zl_defined_pool(of->engine, pool, of->scratch);
                put_defined(&world, 0);
        }
        zl_end(text, ']');
}

/* ---- where it came from ---- */

static void put_origin(struct zl_text *text, const struct zl_origin *origin)
{
        char topic[ZL_TOPIC_SIZE + 1];

        zl_topic_format(origin->header.topic, topic);
        zl_field_u64(text, "src", origin->header.src);
        zl_field_word(text, "topic", topic);
        zl_field_u64(text, "epoch", origin->header.epoch);
        zl_field_u64(text, "seq", origin->header.seq);
        zl_field_u64(text, "ts_ns", origin->header.ts_ns);
        zl_field_u64(text, "at", origin->at);
        zl_field_u64(text, "record", origin->record);
        zl_field_u64(text, "place", origin->place);
}

void zl_explain_source(struct zl_text *text, const char *type, uint64_t id,
                       const struct zl_origin *origin)
{
        if (!origin->known)
                return;
        zl_begin(text, NULL, '{');
        zl_field_word(text, "type", type);
        zl_field_u64(text, "id", id);
        put_origin(text, origin);
        zl_end(text, '}');
}

static void put_mark_source(const struct zl_explanation *of, struct zl_text *text, uint32_t row)
{
        const struct zl_instrument *instrument = &of->engine->instruments[row];
        const struct zl_origin *origin = &of->origins->marks[row];

        zl_explain_source(text, "instrument", instrument->id, &of->origins->instruments[row]);
        if (!instrument->has_mark)
                return;
        zl_begin(text, NULL, '{');
        zl_field_word(text, "type", "mark");
        zl_field_u64(text, "id", instrument->id);
        if (origin->known)
                put_origin(text, origin);
        zl_field_u64(text, "since_ns", instrument->mark_ns);
        zl_field_u64(text, "age_ns", of->engine->now_ns - instrument->mark_ns);
        zl_field_bool(text, "quarantine", instrument->quarantine.open);
        if (instrument->quarantine.open) {
                zl_field_decimal(text, "jumped_to", instrument->quarantine.first,
                                 instrument->price_scale);
                zl_field_u64(text, "confirmed", instrument->quarantine.confirmed);
        }
        zl_end(text, '}');
}

static void put_asset_sources(const struct zl_explanation *of, struct zl_text *text, uint32_t row)
{
        zl_explain_source(text, "asset", of->engine->assets[row].id, &of->origins->assets[row]);
        zl_explain_source(text, "rate", of->engine->assets[row].id, &of->origins->rates[row]);
}

static void put_sources(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_engine *engine = of->engine;
        const struct zl_pool *pool = of->subject.pool;
        const struct zl_account *account = &engine->accounts[pool->account];
        const struct zl_policy *policy = zl_state_policy_of(engine, pool);

        zl_begin(text, "sources", '[');
        zl_explain_source(text, "account", account->id, &of->origins->stated);
        if (policy)
                zl_explain_source(text, "policy", policy->id,
                           &of->origins->policies[policy - engine->policies]);
        for (uint32_t row = pool->first_position; row != ZL_NONE_AT;
             row = engine->positions[row].next_of_pool)
                put_mark_source(of, text, engine->positions[row].instrument);
        if (of->subject.has) {
                for (uint32_t i = 0; i < of->subject.view.stocks_count; i++)
                        put_asset_sources(of, text,
                                          (uint32_t)(of->subject.view.stocks[i].asset -
                                                     engine->assets));
        }
        zl_end(text, ']');
}

/* ---- the pool's place on the ladder ---- */

static void put_place(struct zl_text *text, const char *name, const struct zl_pool *pool)
{
        if (!pool) {
                zl_field_null(text, name);
                return;
        }
        zl_begin(text, name, '{');
        zl_field_word(text, "phase", zl_word_phase(pool->phase));
        zl_field_u64(text, "base", pool->base);
        zl_field_u64(text, "n", pool->n);
        zl_field_word(text, "answered", zl_word_rung(pool->answered));
        zl_field_word(text, "proposed", zl_word_rung(pool->proposed));
        zl_field_bool(text, "taken", pool->taken);
        zl_field_u64(text, "attempts", pool->attempts);
        zl_field_u64(text, "level", pool->level);
        zl_field_u64(text, "shown_by", pool->shown_by);
        zl_field_u64(text, "cure_until_ns", pool->cure_until_ns);
        zl_field_u64(text, "slice_until_ns", pool->slice_until_ns);
        zl_field_u64(text, "held_until_ns", pool->held_until_ns);
        zl_field_bool(text, "stopped", pool->stopped);
        zl_end(text, '}');
}

static bool concerns(const struct zl_explanation *of, const struct zl_stream *stream)
{
        uint64_t account = of->engine->accounts[of->subject.pool->account].id;

        return stream->holed &&
               (stream->topic.kind == ZL_TOPIC_CTRL ||
                stream->topic.id == zl_partition(account, of->engine->partitions));
}

static void put_holes(const struct zl_explanation *of, struct zl_text *text)
{
        zl_begin(text, "holes", '[');
        for (uint32_t i = 0; i < of->engine->streams_by_topic.count; i++) {
                const struct zl_stream *stream = &of->engine->streams[i];
                char topic[ZL_TOPIC_SIZE + 1];
                if (!concerns(of, stream))
                        continue;
                zl_topic_format(stream->topic, topic);
                zl_begin(text, NULL, '{');
                zl_field_word(text, "topic", topic);
                zl_field_u64(text, "src", stream->src);
                zl_field_u64(text, "epoch", stream->epoch);
                zl_field_u64(text, "seq", stream->seq);
                zl_end(text, '}');
        }
        zl_end(text, ']');
}

static void put_answer(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_msg_exec *answer = zl_explain_answer(of);

        zl_field(text, "answer");
        if (!answer) {
                zl_text_put(text, "null");
                return;
        }
        of->scratch->type = ZL_TYPE_EXEC;
        of->scratch->exec = *answer;
        put_line(of, text, &of->origins->answered.header, of->scratch);
}

static void put_waits(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_waiting *waiting = &of->waiting;

        zl_begin(text, "waits", '{');
        zl_field_word(text, "for", zl_word_wait(waiting->wait));
        zl_field_word(text, "words", zl_words_wait(waiting->wait));
        zl_field_u64(text, "until_ns", waiting->until_ns);
        zl_field_word(text, "refusal", waiting->refusal);
        if (waiting->instrument)
                zl_field_u64(text, "instrument", waiting->instrument->id);
        else
                zl_field_null(text, "instrument");
        zl_field_word(text, "fund", waiting->wait == ZL_WAIT_FUND
                                            ? zl_words_fund(of->engine, zl_explain_fund(of))
                                            : NULL);
        put_holes(of, text);
        put_answer(of, text);
        zl_end(text, '}');
}

/* ---- what was said ---- */

static void put_said(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_said_item *item;

        zl_begin(text, "said", '[');
        for (size_t i = 0; (item = zl_said_item(of->said, i)) != NULL; i++) {
                struct zl_frame_reader reader;
                enum zl_err err = zl_frame_open(&reader, zl_said_frame(of->said, item), item->size);
                while (err == ZL_OK && (err = zl_frame_next(&reader, of->scratch)) == ZL_OK)
                        put_line(of, text, &reader.header, of->scratch);
        }
        zl_end(text, ']');
}

void zl_explain_head(const struct zl_explanation *of, struct zl_text *text)
{
        static const char *const kinds[] = {
                [ZL_EXPLAINED_DECISION] = "decision",
                [ZL_EXPLAINED_DEFICIT] = "deficit",
                [ZL_EXPLAINED_PLAN] = "plan",
                [ZL_EXPLAINED_POOL] = "pool",
        };
        const struct zl_follow_step *step = of->step;

        zl_field_word(text, "explains", kinds[of->kind]);
        zl_field_word(text, "id", of->asked->id);
        zl_field_u64(text, "nth", of->asked->nth);
        zl_field_u64(text, "at", step->at);
        zl_field_u64(text, "record", step->record);
        zl_field_u64(text, "place", step->place);
        zl_field_u64(text, "engine_ns", of->engine->now_ns);
        zl_field(text, "cause");
        if (step->message)
                put_line(of, text, &step->header, step->message);
        else
                zl_text_put(text, "null");
        put_said(of, text);
        if (of->kind == ZL_EXPLAINED_POOL)
                zl_field_null(text, "matches");
        else
                zl_field_bool(text, "matches", of->matches);
}

void zl_explain_json(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_pool *pool = of->subject.pool;
        const struct zl_account *account = &of->engine->accounts[pool->account];
        char name[ZL_POOL_TEXT_SIZE];

        zl_text_char(text, '{');
        zl_explain_head(of, text);
        zl_pool_id_format(pool->id, name);
        zl_field_u64(text, "account", account->id);
        zl_field_word(text, "pool", name);
        zl_field_word(text, "met_by", of->met_by);
        zl_field_u64(text, "rev", account->rev);
        zl_field_u64(text, "partition", zl_partition(account->id, of->engine->partitions));
        zl_field_bool(text, "suspended", account->suspended);
        put_place(text, "before", of->before);
        put_place(text, "now", pool);
        put_waits(of, text);
        zl_explain_terms(of, text);
        put_sources(of, text);
        zl_explain_world(of, pool, text);
        zl_text_put(text, "}\n");
}
