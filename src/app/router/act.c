#include "app/router/act.h"

#include "core/fixed.h"

#include <stdlib.h>
#include <string.h>

/* ---- what it is told ---- */

/* The number between what stands before and behind it: "delay:300ms". */
static bool number_in(const char *text, const char *before, const char *behind, uint64_t most,
                      uint64_t *ret_number)
{
        size_t size = strlen(before);
        uint64_t number = 0;

        if (strncmp(text, before, size) != 0)
                return false;
        const char *digits = text + size, *end = digits;
        for (; *end >= '0' && *end <= '9' && number <= most; end++)
                number = 10 * number + (uint64_t)(*end - '0');
        if (end == digits || number == 0 || number > most || strcmp(end, behind) != 0)
                return false;
        *ret_number = number;
        return true;
}

const char *zl_act_read(struct zl_act *act, const char *text)
{
        uint64_t percent = 100;

        if (number_in(text, "delay:", "ms", 3600000, &act->delay_ms) ||
            number_in(text, "forget:every=", "", UINT32_MAX, &act->forget_every) ||
            number_in(text, "die:after=", "", UINT32_MAX, &act->die_after))
                return NULL;
        if (!strcmp(text, "reject"))
                percent = 0;
        else if (strcmp(text, "fill") != 0 && !number_in(text, "part:", "%", 99, &percent))
                return "is none of fill, part:50%, reject, delay:300ms, forget:every=N and "
                       "die:after=N";
        if (act->turns == ZL_ACT_TURNS_MAX)
                return "is one too many: at most 16 are taken in turn";
        act->percents[act->turns++] = (uint32_t)percent;
        return NULL;
}

const char *zl_act_check(const struct zl_act *act, bool has_venue)
{
        if (act->turns && has_venue)
                return "fill, part and reject stand for a venue, and --venue names one";
        if (act->delay_ms && !act->turns)
                return "delay needs fill, part or reject";
        return NULL;
}

void zl_act_close(struct zl_act *act)
{
        free(act->answers);
}

/* ---- decisions ---- */

void zl_act_decide(struct zl_act *act)
{
        act->decisions++;
}

enum zl_act_fault zl_act_fault(const struct zl_act *act)
{
        if (act->die_after && act->decisions == act->die_after)
                return ZL_ACT_DIE;
        if (act->forget_every && act->decisions % act->forget_every == 0)
                return ZL_ACT_FORGET;
        return ZL_ACT_NONE;
}

static void fill(struct zl_msg_exec *exec, int64_t qty, uint32_t percent)
{
        exec->filled = (int64_t)((zl_i128)qty * percent / 100);
        exec->status = percent == 100 ? ZL_EXEC_STATUS_FILLED : ZL_EXEC_STATUS_EXPIRED;
}

static struct zl_msg_exec answer_to(const struct zl_message *order, uint32_t percent)
{
        struct zl_msg_exec exec = {.status = ZL_EXEC_STATUS_REJECTED, .final = true};

        exec.absent = (uint64_t)1 << ZL_AT_exec_price;
        switch (order->type) {
        case ZL_TYPE_CANCEL:
                strcpy(exec.order, order->cancel.order);
                if (percent)
                        exec.status = ZL_EXEC_STATUS_FILLED;
                break;
        case ZL_TYPE_CONVERT:
                strcpy(exec.order, order->convert.order);
                if (percent)
                        fill(&exec, order->convert.amount, percent);
                break;
        default:
                strcpy(exec.order, order->liquidate.order);
                if (percent)
                        fill(&exec, order->liquidate.qty, percent);
                if (exec.filled) {
                        exec.absent = 0;
                        exec.price = order->liquidate.price;
                }
        }
        return exec;
}

static bool make_room(struct zl_act *act)
{
        uint32_t most = act->answers_max ? 2 * act->answers_max : 256;

        if (act->answers_first + act->answers_count < act->answers_max)
                return true;
        if (act->answers_first > act->answers_count) { /* seldom, so it costs little */
                memmove(act->answers, act->answers + act->answers_first,
                        act->answers_count * sizeof *act->answers);
                act->answers_first = 0;
                return true;
        }
        struct zl_act_answer *answers = realloc(act->answers, most * sizeof *answers);
        if (!answers)
                return false;
        act->answers = answers;
        act->answers_max = most;
        return true;
}

bool zl_act_order(struct zl_act *act, uint32_t partition, const struct zl_message *order,
                  uint64_t now_ns)
{
        uint32_t percent = act->percents[(act->decisions - 1) % act->turns];

        if (!make_room(act))
                return false;
        act->answers[act->answers_first + act->answers_count++] = (struct zl_act_answer){
                .due_ns = now_ns + act->delay_ms * 1000000,
                .partition = partition,
                .exec = answer_to(order, percent),
        };
        return true;
}

/* ---- answers ---- */

void zl_act_recall(struct zl_act *act)
{
        for (uint32_t i = 0; i < act->answers_count; i++) {
                struct zl_act_answer *answer = &act->answers[act->answers_first + i];
                answer->due_ns = 0;
                answer->exec.status = ZL_EXEC_STATUS_EXPIRED;
                answer->exec.filled = answer->exec.price = 0;
                answer->exec.absent = (uint64_t)1 << ZL_AT_exec_price;
        }
}

bool zl_act_next(struct zl_act *act, uint64_t now_ns, struct zl_act_answer *ret_answer)
{
        if (act->answers_count == 0 || act->answers[act->answers_first].due_ns > now_ns)
                return false;
        *ret_answer = act->answers[act->answers_first++];
        act->answers_count--;
        return true;
}
