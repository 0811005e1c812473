#include "tape/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_file(void *context, const char *path, enum zl_disk_open how)
{
        static const int flags[] = {
                [ZL_DISK_READ] = O_RDONLY | O_NONBLOCK,
                [ZL_DISK_WRITE] = O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK,
                [ZL_DISK_CHANGE] = O_RDWR | O_NOFOLLOW | O_NONBLOCK,
                [ZL_DISK_LOCK] = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK,
                [ZL_DISK_FOLDER] = O_RDONLY | O_DIRECTORY,
        };

        (void)context;
        return open(path, flags[how] | O_CLOEXEC, 0644);
}

static int close_file(void *context, int fd)
{
        (void)context;
        return close(fd);
}

static ssize_t read_some(void *context, int fd, void *bytes, size_t size, uint64_t offset)
{
        (void)context;
        return pread(fd, bytes, size, (off_t)offset);
}

static ssize_t write_some(void *context, int fd, const void *bytes, size_t size, uint64_t offset)
{
        (void)context;
        return pwrite(fd, bytes, size, (off_t)offset);
}

static int sync_file(void *context, int fd)
{
        (void)context;
        return fsync(fd);
}

static int cut_file(void *context, int fd, uint64_t size)
{
        (void)context;
        return ftruncate(fd, (off_t)size);
}

static int64_t size_of_file(void *context, int fd)
{
        struct stat status;

        (void)context;
        if (fstat(fd, &status) != 0)
                return -1;
        if (!S_ISREG(status.st_mode)) {
                errno = EINVAL;
                return -1;
        }
        return status.st_size;
}

static int rename_file(void *context, const char *from, const char *to)
{
        (void)context;
        return rename(from, to);
}

static int unlink_file(void *context, const char *path)
{
        (void)context;
        return unlink(path);
}

static int make_folder(void *context, const char *path)
{
        (void)context;
        return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -1;
}

static int list_folder(void *context, const char *path, bool (*take)(void *, const char *),
                       void *to)
{
        DIR *folder = opendir(path);
        const struct dirent *entry;

        (void)context;
        if (!folder)
                return -1;
        do {
                errno = 0;
                entry = readdir(folder);
        } while (entry && take(to, entry->d_name));
        int why = entry ? 0 : errno;
        closedir(folder);
        errno = why;
        return why ? -1 : 0;
}

static int lock_file(void *context, int fd)
{
        (void)context;
        return flock(fd, LOCK_EX | LOCK_NB);
}

const struct zl_disk zl_disk_posix = {
        .open = open_file,
        .close = close_file,
        .read = read_some,
        .write = write_some,
        .sync = sync_file,
        .cut = cut_file,
        .size = size_of_file,
        .rename = rename_file,
        .unlink = unlink_file,
        .make_folder = make_folder,
        .list = list_folder,
        .lock = lock_file,
};

size_t zl_disk_write_all(const struct zl_disk *disk, int fd, const void *bytes, size_t size,
                         uint64_t offset)
{
        size_t done = 0;

        while (done < size) {
                ssize_t written = disk->write(disk->context, fd, (const uint8_t *)bytes + done,
                                              size - done, offset + done);
                if (written < 0 && errno == EINTR)
                        continue;
                if (written == 0)
                        errno = ENOSPC;
                if (written <= 0)
                        break;
                done += (size_t)written;
        }
        return done;
}

ssize_t zl_disk_read_all(const struct zl_disk *disk, int fd, void *bytes, size_t size,
                         uint64_t offset)
{
        size_t done = 0;

        while (done < size) {
                ssize_t got = disk->read(disk->context, fd, (uint8_t *)bytes + done, size - done,
                                         offset + done);
                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return -1;
                if (got == 0)
                        break;
                done += (size_t)got;
        }
        return (ssize_t)done;
}

int zl_disk_sync_folder(const struct zl_disk *disk, const char *path)
{
        int fd = disk->open(disk->context, path, ZL_DISK_FOLDER);

        if (fd < 0)
                return -1;
        int result = disk->sync(disk->context, fd);
        int why = errno;
        disk->close(disk->context, fd);
        errno = why;
        return result;
}
