/* Stands between a program and the C library (LD_PRELOAD), and makes the machine's faults happen on purpose.
 *
 * It counts the calls that change the world below given folders, and kills the process at the n-th or lets it
 * fail; it makes a disk seem to have only so many bytes; it traces what is written and synced; and it moves the
 * clocks. All of it is told by a small mapped file (shim.py writes it), so that a test can turn the clock of a
 * program that is running. Calls that the C library makes to itself are not seen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAGIC 0x48464653484d3031LL
#define PREFIXES 4
#define PREFIX 512
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define FS_IOC_SETFLAGS_ 0x40086602UL

enum kind { CREATE, WRITE, TRUNCATE, SYNC, CHMOD, RENAME, UNLINK, MKDIR, LINK, FLAGS, MSYNC, ALLOCATE, TIMES, KINDS };
enum act { NOTHING, KILL_BEFORE, KILL_AFTER, FAIL };

/* Mirrored in shim.py. */
struct control {
    int64_t magic, wall_ns, boot_ns;
    int64_t armed; /* whose calls count: 0 nobody's, -1 everybody's, else this process's */
    int64_t count, kinds, act, at, error, forever;
    int64_t budget, used; /* bytes that may be added below budget_prefix; -1 without limit */
    int64_t trace, skip_sync, failed, refused;
    int64_t seen[16];
    char prefixes[PREFIXES][PREFIX];
    char budget_prefix[PREFIX], trace_prefix[PREFIX], trace_path[PREFIX], boot_id[PREFIX];
};

static struct control *control;
static int trace_fd = -1;
static struct control nobody;

static struct control *get(void) {
    if (control)
        return control;
    const char *path = getenv("FAULT_SHIM_CONTROL");
    struct control *found = &nobody;
    if (path) {
        int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
        if (fd >= 0) {
            void *at = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            if (at != MAP_FAILED && ((struct control *)at)->magic == MAGIC)
                found = at;
            syscall(SYS_close, fd);
        }
    }
    return control = found;
}

__attribute__((constructor)) static void start(void) { get(); }

#define REAL(type, name, ...)                                                                                          \
    static type (*real)(__VA_ARGS__);                                                                                  \
    if (!real)                                                                                                         \
        real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static int below(const char *path, const char *prefix) {
    size_t size = strlen(prefix);
    return size && strncmp(path, prefix, size) == 0 && (path[size] == '/' || path[size] == 0 || path[size] == ' ');
}

/* --- where a call goes ------------------------------------------------------------------------------------- */

static const char *fd_path(int fd, char *buffer) {
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = syscall(SYS_readlinkat, AT_FDCWD, link, buffer, PATH_MAX - 1);
    buffer[size > 0 ? size : 0] = 0;
    return buffer;
}

static const char *full_path(int folder, const char *name, char *buffer) {
    if (!name)
        return fd_path(folder, buffer);
    if (name[0] == '/') {
        snprintf(buffer, PATH_MAX, "%s", name);
        return buffer;
    }
    if (folder == AT_FDCWD) {
        if (syscall(SYS_getcwd, buffer, PATH_MAX - 1) < 0)
            buffer[0] = 0;
    } else
        fd_path(folder, buffer);
    size_t size = strlen(buffer);
    snprintf(buffer + size, PATH_MAX - size, "/%s", name);
    return buffer;
}

static int is_idle(void) {
    struct control *c = get();
    return c->armed == 0 && c->budget < 0 && !c->trace;
}

/* --- the trace --------------------------------------------------------------------------------------------- */

struct head {
    int64_t kind, number;
    uint32_t path, data;
};
enum { MARK = 100, CREATED, RENAMED_TO };

static void record(int kind, int64_t number, const char *path, const void *data, size_t size) {
    struct control *c = get();
    if (trace_fd < 0) {
        int fd = syscall(SYS_openat, AT_FDCWD, c->trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        trace_fd = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 500); /* out of the way of what the program counts */
        syscall(SYS_close, fd);
    }
    struct head head = {kind, number, strlen(path), size};
    struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path}, {(void *)data, size}};
    syscall(SYS_writev, trace_fd, parts, 3);
}

static int is_traced(const char *path) {
    struct control *c = get();
    return c->trace && below(path, c->trace_prefix);
}

/* What a process says was acknowledged; shim.py calls it through ctypes. */
void fault_shim_mark(long long number) {
    if (get()->trace)
        record(MARK, number, "", NULL, 0);
}

/* --- the n-th call ----------------------------------------------------------------------------------------- */

static void die(void) {
    syscall(SYS_kill, (int)syscall(SYS_getpid), SIGKILL);
    for (;;)
        pause();
}

/* Counts a call; gives 0 to go on, 1 to go on and die after it, -1 (with errno) to fail it. */
static int before(enum kind kind, const char *path, const char *other) {
    struct control *c = get();
    if (c->armed == 0 || (c->armed != -1 && c->armed != syscall(SYS_getpid)) || !(c->kinds >> kind & 1))
        return 0;
    int ours = 0;
    for (int i = 0; i < PREFIXES; i++)
        ours |= below(path, c->prefixes[i]) || (other && below(other, c->prefixes[i]));
    if (!ours)
        return 0;
    int64_t n = __atomic_add_fetch(&c->count, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&c->seen[kind], 1, __ATOMIC_SEQ_CST);
    if (c->at <= 0 || c->act == NOTHING || (c->forever ? n < c->at : n != c->at))
        return 0;
    if (c->act == KILL_BEFORE)
        die();
    if (c->act == KILL_AFTER)
        return 1;
    __atomic_add_fetch(&c->failed, 1, __ATOMIC_SEQ_CST);
    errno = (int)c->error;
    return -1;
}

#define AROUND(kind, path, other, call)                                                                                \
    int fate_ = before(kind, path, other);                                                                             \
    if (fate_ < 0)                                                                                                     \
        return -1;                                                                                                     \
    __typeof__(call) result = (call);                                                                                  \
    if (fate_ > 0)                                                                                                     \
        die();

/* --- the size of the disk ---------------------------------------------------------------------------------- */

#define BLOCK 4096
static int64_t blocks(int64_t size) { return (size + BLOCK - 1) / BLOCK * BLOCK; }

/* A single file may be what is limited: then with what SQLite keeps beside it, as "name-journal". */
static int is_budgeted(const char *path) {
    struct control *c = get();
    size_t size = strlen(c->budget_prefix);
    int beside = strncmp(path, c->budget_prefix, size) == 0 && path[size] == '-';
    return c->budget >= 0 && (beside || below(path, c->budget_prefix));
}

static void give_back(int64_t from, int64_t to) {
    if (blocks(from) != blocks(to))
        __atomic_add_fetch(&get()->used, blocks(to) - blocks(from), __ATOMIC_SEQ_CST);
}

/* Gives how many of `size` bytes at `offset` fit on the disk, as a real one does: whole blocks. */
static int64_t room(int fd, const char *path, int64_t offset, int64_t size) {
    struct stat now;
    if (!is_budgeted(path) || fstat(fd, &now) < 0)
        return size;
    struct control *c = get();
    int64_t end = offset + size, have = blocks(now.st_size), need = blocks(end) - have;
    if (need <= 0)
        return size;
    int64_t left = c->budget - c->used;
    if (need > left) {
        left = left > 0 ? left / BLOCK * BLOCK : 0;
        size = have + left - offset;
        need = left;
        __atomic_add_fetch(&c->refused, 1, __ATOMIC_SEQ_CST);
        if (size <= 0) {
            errno = ENOSPC;
            return -1;
        }
    }
    __atomic_add_fetch(&c->used, need, __ATOMIC_SEQ_CST);
    return size;
}

static int64_t size_of(const char *path) {
    struct stat now;
    return stat(path, &now) == 0 && S_ISREG(now.st_mode) && now.st_nlink == 1 ? now.st_size : 0;
}

/* --- open -------------------------------------------------------------------------------------------------- */

typedef int (*openat_call)(int, const char *, int, ...);

static int boot_id(void) {
    int fd = syscall(SYS_memfd_create, "boot_id", MFD_CLOEXEC);
    const char *text = get()->boot_id;
    if (syscall(SYS_write, fd, text, strlen(text)) < 0 || syscall(SYS_write, fd, "\n", 1) < 0)
        return -1;
    syscall(SYS_lseek, fd, 0, SEEK_SET);
    return fd;
}

static int do_open(int folder, const char *name, int flags, mode_t mode) {
    static openat_call real;
    if (!real)
        real = (openat_call)dlsym(RTLD_NEXT, "openat64");
    if (get()->boot_id[0] && strcmp(name, BOOT_ID) == 0)
        return boot_id();
    if (is_idle() || !(flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE)
        return real(folder, name, flags, mode);
    char path[PATH_MAX];
    full_path(folder, name, path);
    struct stat was;
    int existed = stat(path, &was) == 0;
    AROUND(CREATE, path, NULL, real(folder, name, flags, mode));
    if (result >= 0 && existed && flags & O_TRUNC && is_budgeted(path))
        give_back(was.st_size, 0);
    if (result >= 0 && is_traced(path)) {
        if (!existed)
            record(CREATED, 0, path, NULL, 0);
        else if (flags & O_TRUNC)
            record(TRUNCATE, 0, path, NULL, 0);
    }
    return result;
}

#define MODE                                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if (flags & O_CREAT) {                                                                                             \
        va_list more;                                                                                                  \
        va_start(more, flags);                                                                                         \
        mode = va_arg(more, mode_t);                                                                                   \
        va_end(more);                                                                                                  \
    }
int open(const char *name, int flags, ...) { MODE return do_open(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE return do_open(AT_FDCWD, name, flags, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE return do_open(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE return do_open(folder, name, flags, mode); }
int __open_2(const char *name, int flags) { return do_open(AT_FDCWD, name, flags, 0); }
int __open64_2(const char *name, int flags) { return do_open(AT_FDCWD, name, flags, 0); }
int creat(const char *name, mode_t mode) { return do_open(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *name, mode_t mode) { return do_open(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* --- write ------------------------------------------------------------------------------------------------- */

static int64_t end_of(int fd) {
    struct stat now;
    return fstat(fd, &now) == 0 ? now.st_size : 0;
}

/* Where a write without a place of its own goes. */
static int64_t place_of(int fd) {
    int flags = syscall(SYS_fcntl, fd, F_GETFL, 0);
    return flags >= 0 && flags & O_APPEND ? end_of(fd) : syscall(SYS_lseek, fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    if (is_idle())
        return real(fd, data, size);
    char path[PATH_MAX];
    if (fd_path(fd, path)[0] != '/')
        return real(fd, data, size);
    int64_t offset = place_of(fd);
    int64_t fits = room(fd, path, offset, size);
    if (fits < 0)
        return -1;
    AROUND(WRITE, path, NULL, real(fd, data, fits));
    if (result > 0 && is_traced(path))
        record(WRITE, offset, path, data, result);
    return result;
}

static ssize_t do_pwrite(ssize_t (*real)(int, const void *, size_t, off64_t), int fd, const void *data, size_t size,
                         off64_t offset) {
    if (is_idle())
        return real(fd, data, size, offset);
    char path[PATH_MAX];
    fd_path(fd, path);
    int64_t fits = room(fd, path, offset, size);
    if (fits < 0)
        return -1;
    AROUND(WRITE, path, NULL, real(fd, data, fits, offset));
    if (result > 0 && is_traced(path))
        record(WRITE, offset, path, data, result);
    return result;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    return do_pwrite(real, fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    return do_pwrite(real, fd, data, size, offset);
}

/* One part at a time: callers take a short count, and each part is seen. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    if (is_idle())
        return real(fd, parts, count);
    ssize_t all = 0;
    for (int i = 0; i < count; i++) {
        ssize_t some = write(fd, parts[i].iov_base, parts[i].iov_len);
        if (some < 0)
            return all ? all : -1;
        all += some;
        if ((size_t)some < parts[i].iov_len)
            break;
    }
    return all;
}

/* --- other calls on open files ----------------------------------------------------------------------------- */

static int do_truncate(int fd, off64_t size) {
    REAL(int, ftruncate64, int, off64_t);
    if (is_idle())
        return real(fd, size);
    char path[PATH_MAX];
    fd_path(fd, path);
    int64_t was = end_of(fd);
    AROUND(TRUNCATE, path, NULL, real(fd, size));
    if (result == 0 && size < was && is_budgeted(path))
        give_back(was, size);
    if (result == 0 && is_traced(path))
        record(TRUNCATE, size, path, NULL, 0);
    return result;
}
int ftruncate(int fd, off_t size) { return do_truncate(fd, size); }
int ftruncate64(int fd, off64_t size) { return do_truncate(fd, size); }

static int do_allocate(int fd, off64_t offset, off64_t size) {
    REAL(int, posix_fallocate64, int, off64_t, off64_t);
    if (is_idle())
        return real(fd, offset, size);
    char path[PATH_MAX];
    fd_path(fd, path);
    int64_t fits = room(fd, path, offset, size);
    if (fits >= 0 && fits < size) {
        give_back(offset + fits, end_of(fd));
        return ENOSPC;
    }
    if (fits < 0)
        return ENOSPC;
    int fate = before(ALLOCATE, path, NULL);
    if (fate < 0)
        return errno;
    int64_t was = end_of(fd);
    int result = real(fd, offset, size);
    if (fate > 0)
        die();
    if (result == 0 && offset + size > was && is_traced(path))
        record(TRUNCATE, offset + size, path, NULL, 0);
    return result;
}
int posix_fallocate(int fd, off_t offset, off_t size) { return do_allocate(fd, offset, size); }
int posix_fallocate64(int fd, off64_t offset, off64_t size) { return do_allocate(fd, offset, size); }
int fallocate(int fd, int mode, off_t offset, off_t size) {
    REAL(int, fallocate64, int, int, off64_t, off64_t);
    if (mode)
        return real(fd, mode, offset, size);
    int error = do_allocate(fd, offset, size);
    errno = error ? error : errno;
    return error ? -1 : 0;
}
int fallocate64(int fd, int mode, off64_t offset, off64_t size) { return fallocate(fd, mode, offset, size); }

static int do_sync(int (*real)(int), int fd) {
    if (is_idle())
        return get()->skip_sync ? 0 : real(fd);
    char path[PATH_MAX];
    fd_path(fd, path);
    AROUND(SYNC, path, NULL, get()->skip_sync ? 0 : real(fd));
    if (result == 0 && is_traced(path))
        record(SYNC, 0, path, NULL, 0);
    return result;
}
int fsync(int fd) {
    REAL(int, fsync, int);
    return do_sync(real, fd);
}
int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    return do_sync(real, fd);
}
int msync(void *at, size_t size, int flags) {
    REAL(int, msync, void *, size_t, int);
    if (is_idle())
        return get()->skip_sync ? 0 : real(at, size, flags);
    AROUND(MSYNC, get()->prefixes[0], NULL, get()->skip_sync ? 0 : real(at, size, flags)); /* its file is unknown */
    return result;
}
int fchmod(int fd, mode_t mode) {
    REAL(int, fchmod, int, mode_t);
    if (is_idle())
        return real(fd, mode);
    char path[PATH_MAX];
    fd_path(fd, path);
    AROUND(CHMOD, path, NULL, real(fd, mode));
    return result;
}
int ioctl(int fd, unsigned long request, ...) {
    REAL(int, ioctl, int, unsigned long, void *);
    va_list more;
    va_start(more, request);
    void *argument = va_arg(more, void *);
    va_end(more);
    if (request != FS_IOC_SETFLAGS_ || is_idle())
        return real(fd, request, argument);
    char path[PATH_MAX];
    fd_path(fd, path);
    AROUND(FLAGS, path, NULL, real(fd, request, argument));
    return result;
}
int futimens(int fd, const struct timespec times[2]) {
    REAL(int, futimens, int, const struct timespec *);
    if (is_idle())
        return real(fd, times);
    char path[PATH_MAX];
    fd_path(fd, path);
    AROUND(TIMES, path, NULL, real(fd, times));
    return result;
}

/* --- calls on names ---------------------------------------------------------------------------------------- */

int fchmodat(int folder, const char *name, mode_t mode, int flags) {
    REAL(int, fchmodat, int, const char *, mode_t, int);
    if (is_idle())
        return real(folder, name, mode, flags);
    char path[PATH_MAX];
    full_path(folder, name, path);
    AROUND(CHMOD, path, NULL, real(folder, name, mode, flags));
    return result;
}
int chmod(const char *name, mode_t mode) {
    REAL(int, chmod, const char *, mode_t);
    if (is_idle())
        return real(name, mode);
    char path[PATH_MAX];
    full_path(AT_FDCWD, name, path);
    AROUND(CHMOD, path, NULL, real(name, mode));
    return result;
}
int utimensat(int folder, const char *name, const struct timespec times[2], int flags) {
    REAL(int, utimensat, int, const char *, const struct timespec *, int);
    if (is_idle())
        return real(folder, name, times, flags);
    char path[PATH_MAX];
    full_path(folder, name, path);
    AROUND(TIMES, path, NULL, real(folder, name, times, flags));
    return result;
}

static int do_unlink(int folder, const char *name, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    if (is_idle())
        return real(folder, name, flags);
    char path[PATH_MAX];
    full_path(folder, name, path);
    int64_t size = is_budgeted(path) ? size_of(path) : 0;
    AROUND(UNLINK, path, NULL, real(folder, name, flags));
    if (result == 0)
        give_back(size, 0);
    if (result == 0 && is_traced(path))
        record(UNLINK, 0, path, NULL, 0);
    return result;
}
int unlink(const char *name) { return do_unlink(AT_FDCWD, name, 0); }
int unlinkat(int folder, const char *name, int flags) { return do_unlink(folder, name, flags); }
int rmdir(const char *name) { return do_unlink(AT_FDCWD, name, AT_REMOVEDIR); }

static int do_mkdir(int folder, const char *name, mode_t mode) {
    REAL(int, mkdirat, int, const char *, mode_t);
    if (is_idle())
        return real(folder, name, mode);
    char path[PATH_MAX];
    full_path(folder, name, path);
    AROUND(MKDIR, path, NULL, real(folder, name, mode));
    if (result == 0 && is_traced(path))
        record(MKDIR, 0, path, NULL, 0);
    return result;
}
int mkdir(const char *name, mode_t mode) { return do_mkdir(AT_FDCWD, name, mode); }
int mkdirat(int folder, const char *name, mode_t mode) { return do_mkdir(folder, name, mode); }

static int do_rename(int folder, const char *name, int to_folder, const char *to, unsigned flags) {
    REAL(int, renameat2, int, const char *, int, const char *, unsigned);
    if (is_idle())
        return real(folder, name, to_folder, to, flags);
    char path[PATH_MAX], target[PATH_MAX];
    full_path(folder, name, path);
    full_path(to_folder, to, target);
    int64_t replaced = is_budgeted(target) ? size_of(target) : 0;
    AROUND(RENAME, path, target, real(folder, name, to_folder, to, flags));
    if (result == 0)
        give_back(replaced, 0);
    if (result == 0 && is_traced(path))
        record(RENAME, 0, path, target, strlen(target));
    return result;
}
int rename(const char *name, const char *to) { return do_rename(AT_FDCWD, name, AT_FDCWD, to, 0); }
int renameat(int folder, const char *name, int to_folder, const char *to) {
    return do_rename(folder, name, to_folder, to, 0);
}
int renameat2(int folder, const char *name, int to_folder, const char *to, unsigned flags) {
    return do_rename(folder, name, to_folder, to, flags);
}

int linkat(int folder, const char *name, int to_folder, const char *to, int flags) {
    REAL(int, linkat, int, const char *, int, const char *, int);
    if (is_idle())
        return real(folder, name, to_folder, to, flags);
    char path[PATH_MAX], target[PATH_MAX];
    full_path(folder, name, path);
    full_path(to_folder, to, target);
    AROUND(LINK, path, target, real(folder, name, to_folder, to, flags));
    return result;
}
int link(const char *name, const char *to) { return linkat(AT_FDCWD, name, AT_FDCWD, to, 0); }
int symlinkat(const char *text, int folder, const char *name) {
    REAL(int, symlinkat, const char *, int, const char *);
    if (is_idle())
        return real(text, folder, name);
    char path[PATH_MAX];
    full_path(folder, name, path);
    AROUND(LINK, path, NULL, real(text, folder, name));
    return result;
}
int symlink(const char *text, const char *name) { return symlinkat(text, AT_FDCWD, name); }

/* --- clocks ------------------------------------------------------------------------------------------------ */

static int64_t offset_of(clockid_t clock) {
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        return get()->wall_ns;
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        return get()->boot_ns;
    }
    return 0;
}

static void move(struct timespec *at, int64_t by) {
    int64_t ns = at->tv_sec * 1000000000LL + at->tv_nsec + by;
    at->tv_sec = ns / 1000000000LL - (ns % 1000000000LL < 0);
    at->tv_nsec = (ns % 1000000000LL + 1000000000LL) % 1000000000LL;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int result = real(clock, now);
    int64_t by = result == 0 ? offset_of(clock) : 0;
    if (by)
        move(now, by);
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    (void)zone;
    struct timespec at;
    int result = clock_gettime(CLOCK_REALTIME, &at);
    if (result == 0) {
        now->tv_sec = at.tv_sec;
        now->tv_usec = at.tv_nsec / 1000;
    }
    return result;
}

time_t time(time_t *to) {
    struct timespec at = {0, 0};
    clock_gettime(CLOCK_REALTIME, &at);
    if (to)
        *to = at.tv_sec;
    return at.tv_sec;
}

static clockid_t clock_of_timer(int fd) {
    char name[48], text[512];
    snprintf(name, sizeof name, "/proc/self/fdinfo/%d", fd);
    int info = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
    ssize_t size = syscall(SYS_read, info, text, sizeof text - 1);
    syscall(SYS_close, info);
    text[size > 0 ? size : 0] = 0;
    const char *at = strstr(text, "clockid:");
    return at ? atoi(at + 8) : CLOCK_MONOTONIC;
}

/* A timer that ends at a time of a moved clock. That a clock is moved later does not wake it (TFD_TIMER_CANCEL_ON_SET):
 * only the kernel could do that. */
int timerfd_settime(int fd, int flags, const struct itimerspec *wanted, struct itimerspec *was) {
    REAL(int, timerfd_settime, int, int, const struct itimerspec *, struct itimerspec *);
    struct itimerspec moved = *wanted;
    if (flags & TFD_TIMER_ABSTIME && (moved.it_value.tv_sec || moved.it_value.tv_nsec)) {
        int64_t by = offset_of(clock_of_timer(fd));
        if (by) {
            move(&moved.it_value, -by);
            if (moved.it_value.tv_sec < 0)
                moved.it_value = (struct timespec){0, 1};
        }
    }
    return real(fd, flags, &moved, was);
}
