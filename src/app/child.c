#include "app/child.h"

#include "app/clock.h"
#include "app/say.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

/* In the new process. It ends when its parent does, however that happens. */
static void become(const struct zl_child *child, char *const *arguments)
{
        int log = open(child->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (log >= 0) {
                dup2(log, STDOUT_FILENO);
                dup2(log, STDERR_FILENO);
        }
        execv("/proc/self/exe", arguments);
        zl_say_errno("cannot start %s", child->name);
        _exit(127);
}

bool zl_child_start(struct zl_child *child, const char *name, const char *dir,
                    char *const *arguments)
{
        child->name = name;
        snprintf(child->log, sizeof child->log, "%s/%s.log", dir, name);
        child->pid = fork();
        if (child->pid == 0)
                become(child, arguments);
        if (child->pid > 0)
                return true;
        zl_say_errno("cannot start %s", name);
        child->pid = 0;
        return false;
}

bool zl_child_read(struct zl_child *child, const char *name, char *const *arguments,
                   FILE **ret_out)
{
        int ends[2];

        child->name = name;
        if (pipe2(ends, O_CLOEXEC) != 0) {
                zl_say_errno("cannot start %s", arguments[0]);
                return false;
        }
        child->pid = fork();
        if (child->pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                dup2(ends[1], STDOUT_FILENO);
                execvp(arguments[0], arguments);
                zl_say_errno("cannot start %s", arguments[0]);
                _exit(127);
        }
        close(ends[1]);
        *ret_out = child->pid > 0 ? fdopen(ends[0], "rb") : NULL;
        if (*ret_out)
                return true;
        zl_say_errno("cannot start %s", arguments[0]);
        close(ends[0]);
        zl_child_kill(child);
        return false;
}

bool zl_child_ended(struct zl_child *child)
{
        if (child->pid && waitpid(child->pid, &child->status, WNOHANG) == child->pid)
                child->pid = 0;
        return child->pid == 0;
}

/* Waits on the process itself, not on a clock. */
static bool wait_ended(const struct zl_child *child)
{
        int fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
        struct pollfd item = {.fd = fd, .events = POLLIN};
        uint64_t end_ns = zl_ticks_ns() + (uint64_t)PATIENCE_MS * 1000000;
        bool ended = false;

        while (fd >= 0 && !ended && zl_ticks_ns() < end_ns)
                ended = poll(&item, 1, PATIENCE_MS) > 0;
        if (fd >= 0)
                close(fd);
        return ended;
}

void zl_child_stop(struct zl_child *child)
{
        if (zl_child_ended(child))
                return;
        kill(child->pid, SIGTERM);
        if (!wait_ended(child))
                kill(child->pid, SIGKILL);
        zl_child_wait(child);
}

void zl_child_kill(struct zl_child *child)
{
        if (child->pid > 0)
                kill(child->pid, SIGKILL);
        zl_child_wait(child);
}

void zl_child_wait(struct zl_child *child)
{
        while (child->pid > 0 && waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
                ;
        child->pid = 0;
}

int zl_child_code(const struct zl_child *child)
{
        return WIFEXITED(child->status) ? WEXITSTATUS(child->status) : -1;
}
