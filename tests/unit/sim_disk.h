/* sim_disk.h - a disk in memory, behind tape/disk.h: one folder, whose power can fail.
 *
 * What was written is only sure to be there after the power fails when its file was synced, and a
 * name only when the folder was. Of the rest any part may be there: of names the changes up to some
 * point, of a file its bytes up to some point, and zeros behind them.
 * Owns: its files, until sim_free. Thread: the test's. */
#ifndef ZL_TESTS_SIM_DISK_H
#define ZL_TESTS_SIM_DISK_H

#include "core/assert.h"
#include "tape/disk.h"

#include <errno.h>

enum { SIM_FILES_MAX = 1024, SIM_NAMES_MAX = 128, SIM_FDS_MAX = 64, SIM_CHANGES_MAX = 64 };

struct sim_bytes {
        uint8_t *data;
        size_t size;
};

struct sim_file {
        struct sim_bytes now, durable;
        bool locked;
};

struct sim_name {
        char text[64];
        int file; /* -1: the name is free */
};

struct sim_names {
        struct sim_name names[SIM_NAMES_MAX];
        int count;
};

struct sim_fd {
        bool used, locks;
        int file; /* -1: the folder */
};

struct sim_disk {
        struct sim_file files[SIM_FILES_MAX];
        int files_count;
        struct sim_names now, durable;
        struct sim_names changes[SIM_CHANGES_MAX]; /* names after each since the folder's sync */
        int changes_count;
        struct sim_fd fds[SIM_FDS_MAX];
        uint64_t calls, stop_at; /* from this call on all fail; 0: none */
        uint64_t room;           /* bytes that still can be written; UINT64_MAX: any */
        int sync_failures;       /* how many fsyncs of files are yet to fail */
        int write_errno;         /* every write fails so; 0: none */
};

static struct sim_disk sim;

static void sim_set(struct sim_bytes *bytes, const uint8_t *data, size_t size)
{
        uint8_t *copy = malloc(size + 1);

        ZL_ASSERT(copy);
        if (size)
                memcpy(copy, data, size);
        free(bytes->data);
        bytes->data = copy;
        bytes->size = size;
}

static bool sim_stopped(void)
{
        errno = EIO;
        return ++sim.calls >= sim.stop_at && sim.stop_at;
}

static struct sim_name *sim_find(struct sim_names *names, const char *path)
{
        const char *slash = strrchr(path, '/');

        for (int i = 0; i < names->count; i++) {
                if (names->names[i].file >= 0 &&
                    !strcmp(names->names[i].text, slash ? slash + 1 : path))
                        return &names->names[i];
        }
        return NULL;
}

static inline struct sim_bytes *sim_bytes_of(const char *name)
{
        struct sim_name *found = sim_find(&sim.now, name);

        return found ? &sim.files[found->file].now : NULL;
}

static void sim_name_file(const char *path, int file)
{
        struct sim_name *name = sim_find(&sim.now, path);

        for (int i = 0; !name && i < sim.now.count; i++) {
                if (sim.now.names[i].file < 0)
                        name = &sim.now.names[i];
        }
        if (!name) {
                ZL_ASSERT(sim.now.count < SIM_NAMES_MAX);
                name = &sim.now.names[sim.now.count++];
        }
        snprintf(name->text, sizeof name->text, "%s", strrchr(path, '/') + 1);
        name->file = file;
}

static void sim_changed(void)
{
        if (sim.changes_count == SIM_CHANGES_MAX) { /* the oldest reaches the disk by itself */
                sim.durable = sim.changes[0];
                sim.changes_count--;
                memmove(sim.changes, sim.changes + 1, sizeof sim.changes - sizeof sim.changes[0]);
        }
        sim.changes[sim.changes_count++] = sim.now;
}

static int sim_open(void *context, const char *path, enum zl_disk_open how)
{
        int fd = 0, file = -1;

        (void)context;
        if (sim_stopped())
                return -1;
        if (how != ZL_DISK_FOLDER) {
                const struct sim_name *name = sim_find(&sim.now, path);
                bool makes = how == ZL_DISK_WRITE || how == ZL_DISK_LOCK;
                if (!name && !makes) {
                        errno = ENOENT;
                        return -1;
                }
                file = name ? name->file : sim.files_count++;
                ZL_ASSERT(sim.files_count <= SIM_FILES_MAX);
                if (!name) {
                        sim_name_file(path, file);
                        sim_changed();
                }
                if (how == ZL_DISK_WRITE)
                        sim_set(&sim.files[file].now, NULL, 0);
        }
        while (sim.fds[fd].used)
                fd++;
        ZL_ASSERT(fd < SIM_FDS_MAX);
        sim.fds[fd] = (struct sim_fd){.used = true, .file = file};
        return fd;
}

static int sim_close(void *context, int fd)
{
        (void)context;
        ZL_ASSERT(sim.fds[fd].used);
        if (sim.fds[fd].locks)
                sim.files[sim.fds[fd].file].locked = false;
        sim.fds[fd].used = false;
        return sim_stopped() ? -1 : 0;
}

static struct sim_file *sim_file_of(int fd)
{
        ZL_ASSERT(fd >= 0 && sim.fds[fd].used);
        return &sim.files[sim.fds[fd].file];
}

static ssize_t sim_read(void *context, int fd, void *bytes, size_t size, uint64_t offset)
{
        const struct sim_bytes *file = &sim_file_of(fd)->now;

        (void)context;
        if (sim_stopped())
                return -1;
        if (offset >= file->size)
                return 0;
        size_t left = file->size - (size_t)offset;
        size = size < left ? size : left;
        memcpy(bytes, file->data + offset, size);
        return (ssize_t)size;
}

/* The write at which the power fails is half done. */
static ssize_t sim_write(void *context, int fd, const void *bytes, size_t size, uint64_t offset)
{
        struct sim_bytes *file = &sim_file_of(fd)->now;
        bool stopped = sim_stopped();

        (void)context;
        if (sim.stop_at && sim.calls > sim.stop_at)
                return -1;
        if (!stopped && (sim.write_errno || sim.room == 0)) {
                errno = sim.write_errno ? sim.write_errno : ENOSPC;
                return -1;
        }
        if (stopped)
                size /= 2;
        else if (size > sim.room)
                size = (size_t)sim.room;
        if (sim.room != UINT64_MAX)
                sim.room -= size;
        if (offset + size > file->size) {
                file->data = realloc(file->data, offset + size);
                ZL_ASSERT(file->data && offset <= file->size);
                file->size = (size_t)offset + size;
        }
        memcpy(file->data + offset, bytes, size);
        return stopped ? -1 : (ssize_t)size;
}

static int sim_sync(void *context, int fd)
{
        (void)context;
        ZL_ASSERT(fd >= 0 && sim.fds[fd].used);
        if (sim_stopped())
                return -1;
        if (sim.fds[fd].file < 0) {
                sim.durable = sim.now;
                sim.changes_count = 0;
                return 0;
        }
        if (sim.sync_failures > 0) {
                sim.sync_failures--;
                return -1;
        }
        struct sim_file *file = sim_file_of(fd);
        sim_set(&file->durable, file->now.data, file->now.size);
        return 0;
}

static int sim_cut(void *context, int fd, uint64_t size)
{
        struct sim_file *file = sim_file_of(fd);

        (void)context;
        if (sim_stopped())
                return -1;
        ZL_ASSERT(size <= file->now.size);
        file->now.size = (size_t)size;
        return 0;
}

static int64_t sim_size(void *context, int fd)
{
        (void)context;
        return sim_stopped() ? -1 : (int64_t)sim_file_of(fd)->now.size;
}

static int sim_rename(void *context, const char *from, const char *to)
{
        (void)context;
        if (sim_stopped())
                return -1;
        struct sim_name *name = sim_find(&sim.now, from);
        ZL_ASSERT(name);
        int file = name->file;
        name->file = -1;
        sim_name_file(to, file);
        sim_changed();
        return 0;
}

static int sim_unlink(void *context, const char *path)
{
        struct sim_name *name = sim_find(&sim.now, path);

        (void)context;
        if (sim_stopped())
                return -1;
        if (!name) {
                errno = ENOENT;
                return -1;
        }
        name->file = -1;
        sim_changed();
        return 0;
}

static int sim_make_folder(void *context, const char *path)
{
        (void)context;
        (void)path;
        return sim_stopped() ? -1 : 0;
}

static int sim_list(void *context, const char *path, bool (*take)(void *, const char *), void *to)
{
        struct sim_names names = sim.now;

        (void)context;
        (void)path;
        if (sim_stopped())
                return -1;
        for (int i = 0; i < names.count; i++) {
                if (names.names[i].file >= 0 && !take(to, names.names[i].text))
                        break;
        }
        return 0;
}

static int sim_lock(void *context, int fd)
{
        struct sim_file *file = sim_file_of(fd);

        (void)context;
        if (sim_stopped())
                return -1;
        if (file->locked) {
                errno = EWOULDBLOCK;
                return -1;
        }
        file->locked = sim.fds[fd].locks = true;
        return 0;
}

static const struct zl_disk sim_table = {
        NULL,    sim_open, sim_close,  sim_read,   sim_write,       sim_sync, sim_cut,
        sim_size, sim_rename, sim_unlink, sim_make_folder, sim_list, sim_lock,
};

static void sim_free(void)
{
        for (int i = 0; i < sim.files_count; i++) {
                free(sim.files[i].now.data);
                free(sim.files[i].durable.data);
        }
        memset(&sim, 0, sizeof sim);
        sim.room = UINT64_MAX;
}

/* What a file holds when the power is back. */
static inline void sim_fail_file(struct sim_file *file)
{
        struct sim_bytes *now = &file->now, *durable = &file->durable;

        file->locked = false;
        if (now->size < durable->size) {
                if (random_u64() % 2)
                        sim_set(now, durable->data, durable->size);
        } else if (now->size > durable->size) {
                size_t more = now->size - durable->size;
                size_t size = durable->size + (size_t)(random_u64() % (more + 1));
                size_t whole = durable->size + (size_t)(random_u64() % (more + 1));
                if (whole < size)
                        memset(now->data + whole, 0, size - whole);
                now->size = size;
        }
        sim_set(durable, now->data, now->size);
}

/* The power fails, and comes back. */
static inline void sim_crash(void)
{
        int until = (int)(random_u64() % (uint64_t)(sim.changes_count + 1));

        sim.now = until > 0 ? sim.changes[until - 1] : sim.durable;
        sim.durable = sim.now;
        sim.changes_count = 0;
        for (int i = 0; i < sim.files_count; i++)
                sim_fail_file(&sim.files[i]);
        memset(sim.fds, 0, sizeof sim.fds);
        sim.calls = sim.stop_at = 0;
}

/* All files of `from` in place of what is there; nothing may be open. */
static inline void sim_copy(const struct sim_disk *from)
{
        sim_free();
        sim.now = sim.durable = from->now;
        sim.files_count = from->files_count;
        for (int i = 0; i < from->files_count; i++) {
                sim_set(&sim.files[i].now, from->files[i].now.data, from->files[i].now.size);
                sim_set(&sim.files[i].durable, from->files[i].now.data, from->files[i].now.size);
        }
}

#endif
