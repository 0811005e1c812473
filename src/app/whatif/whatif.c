#include "app/whatif/whatif.h"

#include "app/say.h"
#include "app/whatif/branch.h"
#include "app/whatif/page.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
        BATCH = 4096, /* frames between two meetings of the threads */
        THREADS_MAX = 64,
        VARIANTS_MAX = ZL_OPTION_LIST_MAX + 1, /* with the base */
};

struct frame {
        uint64_t record; /* its number */
        const uint8_t *bytes;
        uint32_t size;
};

struct job {
        const struct zl_whatif *whatif;
        const char *path;
        bool json;
        struct zl_survey survey;
        struct zl_tape_reader *tape;
        struct zl_message *message;
        struct frame frames[BATCH];
        uint32_t frames_count;
        bool last; /* the branches finish behind this batch */
        struct zl_changes *changes;
        struct zl_branch *branches;
        uint32_t count, opened, threads;
        struct zl_whatif_variant variants[VARIANTS_MAX];
        uint64_t taken; /* frames of the batches before */
        struct zl_whatif_page page;
        struct zl_whatif_moments moments[VARIANTS_MAX];
};

/* A thread has every n-th branch. */
struct share {
        struct job *job;
        uint32_t first;
};

bool zl_whatif_asked(const struct zl_whatif *whatif)
{
        return whatif->set.count || whatif->tiers.count || whatif->fund.count ||
               whatif->shock.count || whatif->variant.count || whatif->write || whatif->report ||
               whatif->map_at;
}

/* ---- the variants ---- */

static bool take_list(struct zl_changes *changes, const struct zl_option_list *list,
                      bool (*take)(struct zl_changes *changes, const char *text))
{
        for (uint32_t i = 0; i < list->count; i++) {
                if (!take(changes, list->values[i]))
                        return false;
        }
        return true;
}

/* What stands outside of a variant is in all of them. */
static bool take_common(struct zl_changes *changes, const struct zl_whatif *whatif)
{
        return take_list(changes, &whatif->set, zl_changes_set) &&
               take_list(changes, &whatif->tiers, zl_changes_tiers) &&
               take_list(changes, &whatif->fund, zl_changes_fund) &&
               take_list(changes, &whatif->shock, zl_changes_shock);
}

static bool has_common(const struct zl_whatif *whatif)
{
        return whatif->set.count || whatif->tiers.count || whatif->fund.count ||
               whatif->shock.count;
}

static bool is_new_name(const struct job *job, const char *name)
{
        for (uint32_t i = 0; i < job->count; i++) {
                if (!strcmp(job->changes[i].name, name)) {
                        zl_say("--variant %s: there is one of this name already", name);
                        return false;
                }
        }
        return true;
}

static bool parse_variants(struct job *job)
{
        const struct zl_whatif *whatif = job->whatif;

        zl_changes_open(&job->changes[job->count++], "base");
        if (!whatif->variant.count && has_common(whatif)) {
                struct zl_changes *changes = &job->changes[job->count++];
                zl_changes_open(changes, "changed");
                return take_common(changes, whatif);
        }
        for (uint32_t i = 0; i < whatif->variant.count; i++) {
                struct zl_changes *changes = &job->changes[job->count];
                bool good = zl_changes_variant(changes, whatif->variant.values[i]) &&
                            is_new_name(job, changes->name);
                job->count++;
                if (!good || !take_common(changes, whatif))
                        return false;
        }
        return true;
}

static char *join_texts(const struct zl_changes *changes)
{
        size_t size = 1;

        for (uint32_t i = 0; i < changes->texts_count; i++)
                size += strlen(changes->texts[i]) + 1;
        char *joined = calloc(1, size);
        for (uint32_t i = 0; joined && i < changes->texts_count; i++) {
                strcat(joined, changes->texts[i]);
                strcat(joined, "\n");
        }
        return joined;
}

/* The tape of a variant; "" where none is asked for. */
static bool name_tape(const struct job *job, uint32_t i, char *path, size_t size)
{
        const char *folder = job->whatif->write;

        *path = 0;
        if (!folder)
                return true;
        if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
                zl_say_errno("cannot make %s", folder);
                return false;
        }
        if ((size_t)snprintf(path, size, "%s/%s.tape", folder, job->changes[i].name) < size)
                return true;
        zl_say("--write: the path is too long");
        return false;
}

static bool open_branches(struct job *job)
{
        char path[4096];

        for (uint32_t i = 0; i < job->count; i++) {
                struct zl_whatif_variant *variant = &job->variants[i];
                memcpy(variant->name, job->changes[i].name, sizeof variant->name);
                variant->changes = join_texts(&job->changes[i]);
                if (!variant->changes || !name_tape(job, i, path, sizeof path))
                        return false;
                job->opened++;
                if (!zl_branch_open(&job->branches[i], &job->survey, &job->changes[i], variant,
                                    *path ? path : NULL))
                        return false;
        }
        return true;
}

/* ---- the pass ---- */

static void make_maps(struct job *job, uint32_t i, enum zl_whatif_moment moment)
{
        struct zl_branch *branch = &job->branches[i];

        if (job->whatif->report && !branch->failed &&
            !zl_whatif_maps_make(&job->moments[i].maps[moment], branch))
                zl_branch_fail(branch, "out of memory");
}

static void *run_share(void *argument)
{
        const struct share *share = argument;
        struct job *job = share->job;

        for (uint32_t i = share->first; i < job->count; i += job->threads) {
                for (uint32_t k = 0; k < job->frames_count; k++) {
                        if (job->taken + k == job->survey.calm)
                                make_maps(job, i, ZL_WHATIF_BEFORE);
                        if (job->taken + k == job->survey.asked)
                                make_maps(job, i, ZL_WHATIF_ASKED);
                        zl_branch_take(&job->branches[i], job->frames[k].record,
                                       job->frames[k].bytes, job->frames[k].size);
                }
                if (job->last) {
                        make_maps(job, i, ZL_WHATIF_END);
                        zl_branch_finish(&job->branches[i]);
                }
        }
        return NULL;
}

static bool run_batch(struct job *job)
{
        pthread_t threads[THREADS_MAX];
        struct share shares[THREADS_MAX];
        uint32_t started = 1;
        bool good = true;

        for (uint32_t i = 0; i < job->threads; i++)
                shares[i] = (struct share){job, i};
        for (; started < job->threads; started++) {
                if (pthread_create(&threads[started], NULL, run_share, &shares[started]) != 0)
                        break;
        }
        run_share(&shares[0]);
        for (uint32_t i = 1; i < started; i++)
                pthread_join(threads[i], NULL);
        if (started < job->threads) {
                zl_say("cannot start %u threads", job->threads);
                return false;
        }
        for (uint32_t i = 0; i < job->count; i++)
                good &= !job->branches[i].failed;
        return good;
}

/* Frames that do not decode are passed over, as they were when they came. */
static enum zl_err read_batch(struct job *job)
{
        struct zl_tape_record record;
        struct zl_frame_reader reader;
        enum zl_err err = ZL_OK;

        job->taken += job->frames_count;
        job->frames_count = 0;
        zl_tape_forget(job->tape);
        while (job->frames_count < BATCH && (err = zl_tape_next(job->tape, &record)) == ZL_OK) {
                if (record.kind == ZL_RECORD_IN &&
                    zl_frame_check(record.frame, record.frame_size, job->message, &reader) == ZL_OK)
                        job->frames[job->frames_count++] =
                                (struct frame){record.number, record.frame, record.frame_size};
        }
        job->last = err == ZL_ERR_END;
        return err;
}

static bool run_tape(struct job *job)
{
        enum zl_err err = zl_tape_open(job->path, &job->tape);

        while (err == ZL_OK) {
                err = read_batch(job);
                if ((err == ZL_OK || err == ZL_ERR_END) && !run_batch(job))
                        return false;
        }
        if (err == ZL_ERR_DAMAGED || err == ZL_ERR_SYSTEM) /* the survey read it to the end */
                zl_say_errno("cannot read %s again", job->path);
        return err == ZL_ERR_END;
}

/* ---- the report ---- */

/* Accounts that lost a position when the tape was made, and in the base. */
static void compare_with_recorded(struct job *job)
{
        struct zl_whatif_recorded *recorded = &job->survey.report.recorded;
        const struct zl_house *books = &job->branches[0].books;
        struct zl_house_account *const *accounts = books->accounts.rows;

        for (uint32_t i = 0; i < books->accounts.map.count; i++) {
                if (!accounts[i]->lost)
                        continue;
                if (zl_answers_lost(&job->survey.answers, accounts[i]->id))
                        recorded->both++;
                else
                        recorded->only_base++;
        }
        recorded->only_recorded = recorded->accounts - recorded->both;
}

struct rank {
        uint32_t at;
        zl_i128 notional;
};

static int by_notional(const void *a, const void *b)
{
        const struct rank *x = a, *y = b;

        if (x->notional != y->notional)
                return x->notional > y->notional ? -1 : 1;
        return (x->at > y->at) - (x->at < y->at);
}

/* Prices are told of the instruments with the most notional over all variants. */
static bool choose_curves(struct job *job)
{
        uint32_t count = job->survey.report.instruments_count;
        struct rank *ranks = calloc(count + 1, sizeof *ranks);

        for (uint32_t i = 0; ranks && i < count; i++) {
                ranks[i].at = i;
                for (uint32_t k = 0; k < job->count; k++)
                        ranks[i].notional += job->variants[k].instruments[i].notional;
        }
        if (ranks)
                qsort(ranks, count, sizeof *ranks, by_notional);
        for (uint32_t i = ZL_WHATIF_CURVES_MAX; ranks && i < count; i++) {
                for (uint32_t k = 0; k < job->count; k++) {
                        free(job->variants[k].instruments[ranks[i].at].price);
                        job->variants[k].instruments[ranks[i].at].price = NULL;
                }
        }
        free(ranks);
        return ranks != NULL;
}

static enum zl_exit print(struct job *job)
{
        struct zl_whatif_report *report = &job->survey.report;
        enum zl_err err;

        compare_with_recorded(job);
        if (!choose_curves(job))
                return ZL_EXIT_FAILED;
        report->variants = job->variants;
        report->variants_count = job->count;
        if (job->whatif->report && !zl_whatif_page_write(&job->page, report, job->moments))
                return ZL_EXIT_FAILED;
        err = job->json ? zl_whatif_print_json(report, stdout)
                                : zl_whatif_print_table(report, stdout);
        if (err != ZL_OK)
                zl_say_errno("cannot print");
        return err == ZL_OK ? ZL_EXIT_OK : ZL_EXIT_FAILED;
}

static bool parse_map_at(const struct zl_whatif *whatif, struct zl_point *ret_point)
{
        if (!whatif->map_at)
                return true;
        if (!whatif->report)
                zl_say("--map-at: for a page, --report FILE");
        return whatif->report && zl_point_parse(whatif->map_at, "--map-at", ret_point);
}

static enum zl_exit run(struct job *job)
{
        struct zl_point point = {.kind = ZL_POINT_NONE};
        long processors = sysconf(_SC_NPROCESSORS_ONLN);

        if (!job->threads)
                job->threads = processors > 1 ? (uint32_t)processors : 1;
        if (!parse_variants(job))
                return ZL_EXIT_USAGE;
        if (!parse_map_at(job->whatif, &point))
                return ZL_EXIT_USAGE;
        if (job->whatif->report && !zl_whatif_page_open(&job->page, job->whatif->report))
                return ZL_EXIT_FAILED;
        job->threads = job->threads < job->count ? job->threads : job->count;
        job->threads = job->threads < THREADS_MAX ? job->threads : THREADS_MAX;
        if (zl_survey_open(&job->survey, job->path, point) != ZL_OK)
                return ZL_EXIT_FAILED;
        if (job->whatif->map_at && job->survey.asked == UINT64_MAX) {
                zl_say("--map-at %s: the tape ends before", job->whatif->map_at);
                return ZL_EXIT_FAILED;
        }
        for (uint32_t i = 0; i < job->count; i++) {
                if (!zl_changes_resolve(&job->changes[i], &job->survey))
                        return ZL_EXIT_USAGE;
        }
        return open_branches(job) && run_tape(job) ? print(job) : ZL_EXIT_FAILED;
}

enum zl_exit zl_whatif(const struct zl_whatif *whatif, const char *path, uint32_t threads,
                       bool json)
{
        struct job *job = calloc(1, sizeof *job);
        enum zl_exit code = ZL_EXIT_FAILED;

        if (job) {
                job->whatif = whatif;
                job->path = path;
                job->threads = threads;
                job->json = json;
                job->message = malloc(sizeof *job->message);
                job->changes = calloc(VARIANTS_MAX, sizeof *job->changes);
                job->branches = calloc(VARIANTS_MAX, sizeof *job->branches);
        }
        if (job && job->message && job->changes && job->branches)
                code = run(job);
        else
                zl_say("out of memory");
        for (uint32_t i = 0; job && i < job->opened; i++)
                zl_branch_close(&job->branches[i]);
        for (uint32_t i = 0; job && i < VARIANTS_MAX; i++) {
                for (uint32_t k = 0; k < ZL_WHATIF_MOMENTS; k++)
                        zl_whatif_maps_free(&job->moments[i].maps[k],
                                            job->survey.report.instruments_count);
        }
        for (uint32_t i = 0; job && i < VARIANTS_MAX; i++)
                zl_meter_free_variant(&job->variants[i], job->survey.report.funds_count,
                                      job->survey.report.instruments_count);
        for (uint32_t i = 0; job && i < job->count; i++)
                zl_changes_close(&job->changes[i]);
        if (job) {
                if (job->tape)
                        zl_tape_shut(job->tape);
                zl_whatif_page_close(&job->page);
                zl_survey_close(&job->survey);
                free(job->message);
                free(job->changes);
                free(job->branches);
        }
        free(job);
        return code;
}
