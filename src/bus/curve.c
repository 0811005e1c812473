#include "bus/curve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

enum { TEXT_LENGTH = ZL_CURVE_TEXT_SIZE - 1, PATH_SIZE = 4096 };

bool zl_curve_is_key(const char *text)
{
        uint8_t bytes[ZL_CURVE_BYTES];

        return strlen(text) == TEXT_LENGTH && zmq_z85_decode(bytes, text) != NULL;
}

void zl_curve_wipe(struct zl_curve_pair *pair)
{
        explicit_bzero(pair, sizeof *pair);
}

/* ---- making ---- */

static bool write_line(int fd, const char *key)
{
        char line[ZL_CURVE_TEXT_SIZE + 1];
        int size = snprintf(line, sizeof line, "%s\n", key);
        bool good = write(fd, line, (size_t)size) == size && fsync(fd) == 0;

        explicit_bzero(line, sizeof line);
        return good;
}

/* A file that was not there before, or nothing. */
static enum zl_err write_new(const char *path, mode_t mode, const char *key,
                             char ret_why[ZL_CURVE_WHY_SIZE])
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

        if (fd < 0 && errno == EEXIST) {
                snprintf(ret_why, ZL_CURVE_WHY_SIZE,
                         "%s exists already and is not written over: choose another name, or "
                         "remove it if no process uses it",
                         path);
                return ZL_ERR_SYSTEM;
        }
        if (fd < 0) {
                snprintf(ret_why, ZL_CURVE_WHY_SIZE, "cannot make %s: %s", path, strerror(errno));
                return ZL_ERR_SYSTEM;
        }
        if (write_line(fd, key)) {
                close(fd);
                return ZL_OK;
        }
        snprintf(ret_why, ZL_CURVE_WHY_SIZE, "cannot write %s: %s", path, strerror(errno));
        close(fd);
        unlink(path);
        return ZL_ERR_SYSTEM;
}

enum zl_err zl_curve_make(const char *name, struct zl_curve_pair *ret_pair,
                          char ret_why[ZL_CURVE_WHY_SIZE])
{
        struct zl_curve_pair pair;
        char secret_path[PATH_SIZE], public_path[PATH_SIZE];

        if (strlen(name) + sizeof ".key" > PATH_SIZE) {
                snprintf(ret_why, ZL_CURVE_WHY_SIZE, "the name is too long");
                return ZL_ERR_SYSTEM;
        }
        snprintf(secret_path, sizeof secret_path, "%s.key", name);
        snprintf(public_path, sizeof public_path, "%s.pub", name);
        do { /* one that begins as a comment does would only confuse */
                if (zmq_curve_keypair(pair.public_key, pair.secret_key) != 0) {
                        snprintf(ret_why, ZL_CURVE_WHY_SIZE, "this libzmq has no CURVE: %s",
                                 zmq_strerror(errno));
                        return ZL_ERR_SYSTEM;
                }
        } while (pair.public_key[0] == '#' || pair.public_key[0] == '-');
        enum zl_err err = write_new(public_path, 0644, pair.public_key, ret_why);
        if (err == ZL_OK) {
                err = write_new(secret_path, 0600, pair.secret_key, ret_why);
                if (err != ZL_OK)
                        unlink(public_path);
        }
        if (err == ZL_OK)
                *ret_pair = pair;
        zl_curve_wipe(&pair);
        return err;
}

/* ---- reading ---- */

static enum zl_err check_mode(int fd, const char *path, char ret_why[ZL_CURVE_WHY_SIZE])
{
        struct stat stat;

        if (fstat(fd, &stat) != 0) {
                snprintf(ret_why, ZL_CURVE_WHY_SIZE, "cannot read the key file %s: %s", path,
                         strerror(errno));
                return ZL_ERR_SYSTEM;
        }
        if (!S_ISREG(stat.st_mode)) {
                snprintf(ret_why, ZL_CURVE_WHY_SIZE, "the key file %s is no regular file", path);
                return ZL_ERR_INVALID;
        }
        if (stat.st_mode & 077) {
                snprintf(ret_why, ZL_CURVE_WHY_SIZE,
                         "the key file %s has mode %04o: a secret key is for its owner alone, say "
                         "`chmod 600 %s`; if others have read it, make a new pair",
                         path, (unsigned)(stat.st_mode & 07777), path);
                return ZL_ERR_INVALID;
        }
        return ZL_OK;
}

static enum zl_err read_key(int fd, const char *path, struct zl_curve_pair *ret_pair,
                            char ret_why[ZL_CURVE_WHY_SIZE])
{
        struct zl_curve_pair pair;
        char text[TEXT_LENGTH + 3]; /* a key and the end of its line */
        ssize_t size = read(fd, text, sizeof text - 1);

        text[size > 0 ? size : 0] = 0;
        text[strcspn(text, "\r\n")] = 0;
        bool good = zl_curve_is_key(text) && zmq_curve_public(pair.public_key, text) == 0;
        if (good) {
                memcpy(pair.secret_key, text, sizeof pair.secret_key);
                *ret_pair = pair;
        } else {
                snprintf(ret_why, ZL_CURVE_WHY_SIZE,
                         "the key file %s holds no secret key: one line of %d characters, as "
                         "`zeroline keygen` writes it",
                         path, TEXT_LENGTH);
        }
        explicit_bzero(text, sizeof text);
        zl_curve_wipe(&pair);
        return good ? ZL_OK : ZL_ERR_INVALID;
}

enum zl_err zl_curve_read(const char *path, struct zl_curve_pair *ret_pair,
                          char ret_why[ZL_CURVE_WHY_SIZE])
{
        /* Without waiting for a writer, should it be a pipe. */
        int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

        if (fd < 0) {
                snprintf(ret_why, ZL_CURVE_WHY_SIZE, "cannot read the key file %s: %s", path,
                         strerror(errno));
                return ZL_ERR_SYSTEM;
        }
        enum zl_err err = check_mode(fd, path, ret_why);
        if (err == ZL_OK)
                err = read_key(fd, path, ret_pair, ret_why);
        close(fd);
        return err;
}
