/* disk.h - what the store asks of a file system, as a table, so that tests can put one of their own
 * in its place: one that tears writes, turns bits over, lies about syncing, or stops.
 *
 * Answers like the system calls of the same names: -1 with errno, or a count or 0.
 * Owns: nothing. Thread: the store's. */
#ifndef ZL_TAPE_DISK_H
#define ZL_TAPE_DISK_H

#include <zeroline/base.h>

#include <sys/types.h>

enum zl_disk_open {
        ZL_DISK_READ,   /* a file that is there */
        ZL_DISK_WRITE,  /* to be made, or emptied */
        ZL_DISK_CHANGE, /* a file that is there, to be cut */
        ZL_DISK_LOCK,   /* to be made if it is not there; its bytes stay */
        ZL_DISK_FOLDER, /* for syncing its names */
};

struct zl_disk {
        void *context;
        int (*open)(void *context, const char *path, enum zl_disk_open how);
        int (*close)(void *context, int fd);
        ssize_t (*read)(void *context, int fd, void *bytes, size_t size, uint64_t offset);
        ssize_t (*write)(void *context, int fd, const void *bytes, size_t size, uint64_t offset);
        int (*sync)(void *context, int fd);
        int (*cut)(void *context, int fd, uint64_t size);
        int64_t (*size)(void *context, int fd);
        int (*rename)(void *context, const char *from, const char *to);
        int (*unlink)(void *context, const char *path);
        int (*make_folder)(void *context, const char *path); /* 0 also when it is there */
        /* Calls `take` with each name; stops when that answers false. */
        int (*list)(void *context, const char *path, bool (*take)(void *, const char *), void *to);
        /* Until the file is closed; -1 with EWOULDBLOCK when somebody else has it. */
        int (*lock)(void *context, int fd);
};

extern const struct zl_disk zl_disk_posix;

/* How many bytes went out: fewer than `size` when the system refused (errno). */
size_t zl_disk_write_all(const struct zl_disk *disk, int fd, const void *bytes, size_t size,
                         uint64_t offset);
/* How many bytes came, fewer at the end of the file; -1 when the system refused. */
ssize_t zl_disk_read_all(const struct zl_disk *disk, int fd, void *bytes, size_t size,
                         uint64_t offset);
/* Makes the names in a folder outlive a crash. */
int zl_disk_sync_folder(const struct zl_disk *disk, const char *path);

#endif
