#include "app/explain/explain.h"

#include "app/columns.h"
#include "app/explain/explain_words.h"
#include "app/names.h"
#include "core/wide_text.h"

static struct zl_columns columns; /* too large for a stack */

/* ---- small things ---- */

static void end_line(struct zl_text *text)
{
        zl_text_char(text, '\n');
}

void zl_explain_label(struct zl_text *text, const char *name)
{
        zl_text_put(text, "  ");
        zl_text_put(text, name);
        for (size_t i = strlen(name); i < 10; i++)
                zl_text_char(text, ' ');
}

static void put_numeraire(const struct zl_explanation *of, struct zl_text *text, zl_i128 amount)
{
        const struct zl_asset *numeraire = of->subject.numeraire;

        zl_text_decimal(text, amount, numeraire->scale);
        zl_text_char(text, ' ');
        zl_name_unit(text, of->scales, numeraire->id);
}

/* ---- when, who ---- */

static void put_cause(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_follow_step *step = of->step;
        struct zl_origin origin = {true, step->header, step->at, step->record, step->place};

        zl_explain_label(text, "behind");
        zl_text_put(text, "message ");
        zl_text_u64(text, step->at);
        if (step->message) {
                zl_text_put(text, ", ");
                zl_text_put(text, zl_schema_message(step->message->type)->name);
                if (step->message->type == ZL_TYPE_MARK) {
                        zl_text_put(text, " of ");
                        zl_name_instrument(text, of->scales, step->message->mark.instrument);
                }
        }
        zl_text_put(text, ": ");
        zl_words_origin(text, &origin);
        end_line(text);
        zl_explain_label(text, "time");
        if (of->engine->now_ns)
                zl_words_time(text, of->engine->now_ns);
        else
                zl_text_put(text, "not begun: nothing expires or goes stale");
        end_line(text);
}

void zl_explain_title(const struct zl_explanation *of, struct zl_text *text)
{
        if (!of->matches)
                zl_text_put(text, "  NOTE: what was said does not follow from this state\n");
        put_cause(of, text);
}

static void put_account(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_pool *pool = of->subject.pool;
        const struct zl_account *account = &of->engine->accounts[pool->account];
        const struct zl_policy *policy = zl_state_policy_of(of->engine, pool);

        zl_explain_label(text, "account");
        zl_text_u64(text, account->id);
        zl_text_put(text, " revision ");
        zl_text_u64(text, account->rev);
        zl_text_put(text, ": ");
        zl_words_origin(text, &of->origins->stated);
        end_line(text);
        zl_explain_label(text, "ladder");
        zl_text_put(text, "base ");
        zl_text_u64(text, pool->base);
        zl_text_put(text, ", n ");
        zl_text_u64(text, pool->n);
        if (of->before) {
                zl_text_put(text, ", was ");
                zl_text_put(text, zl_word_phase(of->before->phase));
        }
        if (pool->answered) {
                zl_text_put(text, "; behind ");
                zl_text_put(text, zl_word_rung(pool->answered));
        }
        if (policy) {
                zl_text_put(text, "; policy ");
                zl_text_u64(text, policy->id);
                zl_text_put(text, " revision ");
                zl_text_u64(text, policy->rev);
        }
        end_line(text);
}

/* ---- the verdict ---- */

/* |E - MM|, down at the numeraire's scale. */
static void put_excess(const struct zl_explanation *of, bool good, struct zl_text *text)
{
        const struct zl_view *view = &of->subject.view;
        struct zl_wide excess = zl_worth_excess(view, &of->subject.worth,
                                                zl_threshold_safe(view->policy));
        uint32_t digits = view->digits + 9 + view->slope_digits;
        uint32_t scale = of->subject.numeraire->scale;

        if (!good)
                excess = zl_wide_neg(excess);
        if (digits > scale) {
                excess = zl_wide_div_floor(excess, zl_wide_pow10(digits - scale));
                digits = scale;
        }
        zl_text_wide(text, excess, digits);
        zl_text_char(text, ' ');
        zl_name_unit(text, of->scales, of->subject.numeraire->id);
}

/* The highest warn level that is reached. */
static void put_level(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_policy *policy = of->subject.view.policy;
        uint32_t reached = 0;

        while (reached < policy->warn_count &&
               !zl_worth_good(&of->subject.view, &of->subject.worth,
                              zl_threshold_ratio(policy->warn_ppb[reached])))
                reached++;
        if (policy->warn_count == 0)
                return;
        zl_text_put(text, reached ? "; warned: reached " : "; not warned: below ");
        zl_text_decimal(text, policy->warn_ppb[reached ? reached - 1 : 0], 7);
        zl_text_char(text, '%');
}

static void put_verdict(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_subject *subject = &of->subject;
        struct zl_pool_figures figures = zl_pool_figures(subject);
        bool good = zl_ladder_is_good(&subject->view, &subject->worth);

        zl_explain_label(text, "verdict");
        zl_text_put(text, good ? "SAFE: " : "NOT SAFE: ");
        if (subject->view.open_count == 0) {
                zl_text_put(text, "without positions, ");
                put_numeraire(of, text, figures.left);
                zl_text_put(text, good ? " are there" : " are owed");
                end_line(text);
                return;
        }
        zl_text_put(text, "equity ");
        put_numeraire(of, text, figures.equity);
        if (good)
                zl_text_put(text, subject->view.policy->unsafe_at_equal ? " > " : " >= ");
        else
                zl_text_put(text, subject->view.policy->unsafe_at_equal ? " <= " : " < ");
        zl_text_put(text, "maintenance ");
        put_numeraire(of, text, figures.maintenance);
        if (figures.has_ratio) {
                zl_text_put(text, ", ratio ");
                zl_text_decimal(text, zl_div_ceil(figures.ratio, 100000), 2);
                zl_text_char(text, '%');
        }
        zl_text_put(text, subject->view.policy->unsafe_at_equal ? " (trigger at_or_below)"
                                                                : " (trigger below)");
        end_line(text);
        zl_explain_label(text, good ? "by" : "lacks");
        put_excess(of, good, text);
        put_level(of, text);
        end_line(text);
}

/* ---- why nothing ---- */

static void put_hole(const struct zl_explanation *of, const struct zl_stream *stream,
                     struct zl_text *text)
{
        uint64_t account = of->engine->accounts[of->subject.pool->account].id;
        uint32_t partition = zl_partition(account, of->engine->partitions);
        struct zl_origin last = {.header = {stream->topic, stream->src, stream->epoch,
                                            stream->seq, 0}};
        char topic[ZL_TOPIC_SIZE + 1];

        if (!stream->holed ||
            (stream->topic.kind != ZL_TOPIC_CTRL && stream->topic.id != partition))
                return;
        zl_topic_format(last.header.topic, topic);
        zl_explain_label(text, "hole");
        zl_text_put(text, topic);
        zl_text_put(text, " of src ");
        zl_text_u64(text, stream->src);
        zl_text_put(text, ", heard up to epoch ");
        zl_text_u64(text, stream->epoch);
        zl_text_put(text, " seq ");
        zl_text_u64(text, stream->seq);
        end_line(text);
}

static void put_answer(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_msg_exec *answer = zl_explain_answer(of);

        if (!answer)
                return;
        zl_explain_label(text, "answer");
        zl_text_put(text, answer->order);
        zl_text_put(text, ": ");
        zl_text_put(text, zl_word_choice(ZL_TYPE_EXEC, "status", answer->status));
        zl_text_put(text, answer->final ? ", final; " : "; ");
        zl_words_origin(text, &of->origins->answered);
        end_line(text);
}

static void put_quarantines(const struct zl_explanation *of, struct zl_text *text)
{
        for (uint32_t row = of->subject.pool->first_position; row != ZL_NONE_AT;
             row = of->engine->positions[row].next_of_pool) {
                const struct zl_instrument *instrument =
                        &of->engine->instruments[of->engine->positions[row].instrument];
                if (!instrument->quarantine.open)
                        continue;
                zl_explain_label(text, "held back");
                zl_text_put(text, "the mark of ");
                zl_name_instrument(text, of->scales, instrument->id);
                zl_text_put(text, " jumped to ");
                zl_text_decimal(text, instrument->quarantine.first, instrument->price_scale);
                zl_text_put(text, " and is not used; confirmed ");
                zl_text_u64(text, instrument->quarantine.confirmed);
                zl_text_put(text, " times so far");
                end_line(text);
        }
}

/* The decision that is open, or what its deficit waits for. */
static void put_open(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_pool *pool = of->subject.pool;
        struct zl_key key = {.account = of->engine->accounts[pool->account].id,
                             .pool = pool->id,
                             .base = pool->base,
                             .n = pool->n};
        char words[ZL_KEY_TEXT_SIZE];

        if (pool->phase == ZL_PHASE_WATCHED)
                return;
        zl_key_format(&key, words);
        zl_explain_label(text, "open");
        zl_text_put(text, words);
        if (pool->phase == ZL_PHASE_FREED) {
                zl_text_put(text, "; revision ");
                zl_text_u64(text, pool->shown_by);
                zl_text_put(text, " is to show it");
        } else if (pool->phase == ZL_PHASE_DEFICIT) {
                zl_text_put(text, ", a deficit: ");
                zl_text_put(text, zl_words_fund(of->engine, zl_explain_fund(of)));
        } else {
                zl_text_put(text, pool->taken ? ", the router holds another worker's; said "
                                              : ", said ");
                zl_text_u64(text, pool->attempts);
                zl_text_put(text, " times since it was last answered");
        }
        end_line(text);
}

static void put_waits(const struct zl_explanation *of, struct zl_text *text)
{
        const struct zl_waiting *waiting = &of->waiting;

        zl_explain_label(text, "nothing");
        zl_text_put(text, zl_words_wait(waiting->wait));
        if (waiting->refusal) {
                zl_text_put(text, ": ");
                zl_text_put(text, waiting->refusal);
        } else if (waiting->wait == ZL_WAIT_DATA) {
                zl_text_put(text, ": it waits ");
                zl_name_wait(text, of->scales, &of->subject);
        }
        if (waiting->instrument) {
                zl_text_put(text, ": ");
                zl_name_instrument(text, of->scales, waiting->instrument->id);
        }
        if (waiting->until_ns) {
                zl_text_put(text, "; looked at again ");
                zl_words_time(text, waiting->until_ns);
        }
        end_line(text);
        put_open(of, text);
        put_quarantines(of, text);
        for (uint32_t i = 0; i < of->engine->streams_by_topic.count; i++)
                put_hole(of, &of->engine->streams[i], text);
        put_answer(of, text);
}

/* ---- where the prices came from ---- */

static void put_source(const struct zl_explanation *of, const char *what, uint32_t id,
                       const struct zl_origin *origin)
{
        struct zl_text cell;

        if (!zl_columns_next(&columns))
                return;
        zl_columns_put(&columns, what);
        cell = zl_columns_cell(&columns);
        if (!strcmp(what, "rate"))
                zl_name_asset(&cell, of->scales, id);
        else
                zl_name_instrument(&cell, of->scales, id);
        cell = zl_columns_cell(&columns);
        zl_words_origin(&cell, origin);
}

static void put_sources(const struct zl_explanation *of, struct zl_text *text)
{
        static const char *const heads[] = {"SOURCES", "", "", "AGE ms"};
        bool timed = of->engine->now_ns > 0;
        const struct zl_view *view = &of->subject.view;

        zl_columns_begin(&columns, 1 | 2 | 4);
        for (size_t i = 0; i < ZL_COUNT(heads) - !timed; i++)
                zl_columns_put(&columns, heads[i]);
        for (uint32_t i = 0; i < view->parts_count; i++) {
                const struct zl_instrument *instrument = view->parts[i].instrument;
                uint32_t row = (uint32_t)(instrument - of->engine->instruments);
                if (i && view->parts[i - 1].instrument == instrument)
                        continue;
                put_source(of, "mark", instrument->id, &of->origins->marks[row]);
                if (timed)
                        zl_columns_decimal(&columns, of->engine->now_ns - instrument->mark_ns, 6);
                put_source(of, "table", instrument->id, &of->origins->instruments[row]);
        }
        for (uint32_t i = 0; i < view->stocks_count; i++) {
                const struct zl_asset *asset = view->stocks[i].asset;
                if (!asset->numeraire)
                        put_source(of, "rate", asset->id,
                                   &of->origins->rates[asset - of->engine->assets]);
        }
        end_line(text);
        zl_columns_print(&columns, text);
}

void zl_explain_text(const struct zl_explanation *of, struct zl_text *text)
{
        char pool[ZL_POOL_TEXT_SIZE];

        if (of->kind == ZL_EXPLAINED_POOL) {
                zl_text_u64(text, of->asked->account);
                zl_text_char(text, '/');
                zl_pool_id_format(of->subject.pool->id, pool);
                zl_text_put(text, pool);
        } else {
                zl_text_put(text, of->asked->id);
        }
        end_line(text);
        zl_explain_title(of, text);
        put_account(of, text);
        if (of->kind == ZL_EXPLAINED_POOL)
                put_waits(of, text);
        else
                zl_explain_orders(of, text);
        if (!of->subject.has) {
                end_line(text);
                return;
        }
        if (of->met_by) {
                zl_explain_label(text, "met by");
                zl_text_put(text, of->met_by);
                end_line(text);
        }
        put_verdict(of, text);
        zl_explain_tables(of, text);
        if (of->decides)
                zl_explain_ladder(of, text);
        put_sources(of, text);
}
