/* Lets the n-th call of the C library that touches a file or the network fail, or kills the process there.
 *
 * Loaded with LD_PRELOAD; does nothing until `fault_arm` is called. Paths below the prefixes in FAULT_SPARE (a
 * colon-separated list: the interpreter and its packages) and descriptors opened under them are never touched, nor
 * are standard input, output and error.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN, READ, WRITE, STAT, LIST, SYNC, RENAME, REMOVE, MAKE, MAP, CONNECT, RECEIVE, SEND, KINDS };
static int armed = -1, at_call = 0, error_number = 0, deadly = 0;
static atomic_int counts[KINDS];
static unsigned char spared[65536];

void fault_arm(int kind, int n, int number, int kill_there) {
  for (int i = 0; i < KINDS; i++) counts[i] = 0;
  armed = kind; at_call = n; error_number = number; deadly = kill_there;
}
int fault_count(int kind) { return counts[kind]; }

static int spare_path(const char *path) {
  const char *list = getenv("FAULT_SPARE");
  if (!path || !list) return 1;
  while (*list) {
    size_t length = strcspn(list, ":");
    if (length && strncmp(path, list, length) == 0) return 1;
    list += length + (list[length] == ':');
  }
  return strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;
}
static int spare_fd(int fd) { return fd <= 2 || (fd < 65536 && spared[fd]); }

static int fails(int kind) {
  if (armed == -1) return 0;
  int n = atomic_fetch_add(&counts[kind], 1) + 1;
  if (kind != armed || n != at_call) return 0;
  if (deadly) kill(getpid(), SIGKILL);
  errno = error_number;
  return 1;
}
#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
static int opened(int fd, int spare) { if (fd >= 0 && fd < 65536) spared[fd] = (unsigned char)spare; return fd; }
static mode_t mode_of(int flags, va_list more) { return (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0; }

#define OPENS(name) int name(const char *path, int flags, ...) { \
  REAL(name); va_list more; va_start(more, flags); mode_t mode = mode_of(flags, more); va_end(more); \
  int spare = spare_path(path); if (!spare && fails(OPEN)) { return -1; } return opened(real(path, flags, mode), spare); }
OPENS(open) OPENS(open64)
#define OPENATS(name) int name(int folder, const char *path, int flags, ...) { \
  REAL(name); va_list more; va_start(more, flags); mode_t mode = mode_of(flags, more); va_end(more); \
  int spare = path[0] == '/' ? spare_path(path) : folder >= 0 && spare_fd(folder); \
  if (!spare && fails(OPEN)) { return -1; } return opened(real(folder, path, flags, mode), spare); }
OPENATS(openat) OPENATS(openat64)

ssize_t read(int fd, void *to, size_t count) { REAL(read); if (!spare_fd(fd) && fails(READ)) return -1; return real(fd, to, count); }
ssize_t pread(int fd, void *to, size_t count, off_t at) { REAL(pread); if (!spare_fd(fd) && fails(READ)) return -1; return real(fd, to, count, at); }
ssize_t pread64(int fd, void *to, size_t count, off64_t at) { REAL(pread64); if (!spare_fd(fd) && fails(READ)) return -1; return real(fd, to, count, at); }
/* A failing write leaves half behind, as a disk that fills up does. */
ssize_t write(int fd, const void *from, size_t count) {
  REAL(write);
  if (!spare_fd(fd) && fails(WRITE)) { int kept = errno; if (count > 1) { ssize_t half = real(fd, from, count / 2); (void)half; } errno = kept; return -1; }
  return real(fd, from, count);
}
ssize_t pwrite(int fd, const void *from, size_t count, off_t at) { REAL(pwrite); if (!spare_fd(fd) && fails(WRITE)) return -1; return real(fd, from, count, at); }
ssize_t pwrite64(int fd, const void *from, size_t count, off64_t at) { REAL(pwrite64); if (!spare_fd(fd) && fails(WRITE)) return -1; return real(fd, from, count, at); }

int stat(const char *path, struct stat *to) { REAL(stat); if (!spare_path(path) && fails(STAT)) return -1; return real(path, to); }
int lstat(const char *path, struct stat *to) { REAL(lstat); if (!spare_path(path) && fails(STAT)) return -1; return real(path, to); }
int fstat(int fd, struct stat *to) { REAL(fstat); if (!spare_fd(fd) && fails(STAT)) return -1; return real(fd, to); }
int stat64(const char *path, struct stat64 *to) { REAL(stat64); if (!spare_path(path) && fails(STAT)) return -1; return real(path, to); }
int lstat64(const char *path, struct stat64 *to) { REAL(lstat64); if (!spare_path(path) && fails(STAT)) return -1; return real(path, to); }
int fstat64(int fd, struct stat64 *to) { REAL(fstat64); if (!spare_fd(fd) && fails(STAT)) return -1; return real(fd, to); }
int fstatat(int folder, const char *path, struct stat *to, int flags) { REAL(fstatat); if (!(path[0] == '/' ? spare_path(path) : spare_fd(folder)) && fails(STAT)) return -1; return real(folder, path, to, flags); }
int fstatat64(int folder, const char *path, struct stat64 *to, int flags) { REAL(fstatat64); if (!(path[0] == '/' ? spare_path(path) : spare_fd(folder)) && fails(STAT)) return -1; return real(folder, path, to, flags); }

DIR *opendir(const char *path) { REAL(opendir); if (!spare_path(path) && fails(LIST)) return NULL; return real(path); }
DIR *fdopendir(int fd) { REAL(fdopendir); if (!spare_fd(fd) && fails(LIST)) return NULL; return real(fd); }
struct dirent *readdir(DIR *folder) { REAL(readdir); if (!spare_fd(dirfd(folder)) && fails(LIST)) return NULL; return real(folder); }
struct dirent64 *readdir64(DIR *folder) { REAL(readdir64); if (!spare_fd(dirfd(folder)) && fails(LIST)) return NULL; return real(folder); }

int fsync(int fd) { REAL(fsync); if (!spare_fd(fd) && fails(SYNC)) return -1; return real(fd); }
int fdatasync(int fd) { REAL(fdatasync); if (!spare_fd(fd) && fails(SYNC)) return -1; return real(fd); }
int ftruncate(int fd, off_t size) { REAL(ftruncate); if (!spare_fd(fd) && fails(SYNC)) return -1; return real(fd, size); }
int ftruncate64(int fd, off64_t size) { REAL(ftruncate64); if (!spare_fd(fd) && fails(SYNC)) return -1; return real(fd, size); }
int rename(const char *from, const char *to) { REAL(rename); if (!spare_path(to) && fails(RENAME)) return -1; return real(from, to); }
int renameat(int a, const char *from, int b, const char *to) { REAL(renameat); if (!spare_path(to) && fails(RENAME)) return -1; return real(a, from, b, to); }
int unlink(const char *path) { REAL(unlink); if (!spare_path(path) && fails(REMOVE)) return -1; return real(path); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); if (!spare_path(path) && fails(MAKE)) return -1; return real(path, mode); }
int chmod(const char *path, mode_t mode) { REAL(chmod); if (!spare_path(path) && fails(MAKE)) return -1; return real(path, mode); }
void *mmap(void *where, size_t size, int access, int flags, int fd, off_t at) { REAL(mmap); if (fd >= 0 && !spare_fd(fd) && fails(MAP)) return MAP_FAILED; return real(where, size, access, flags, fd, at); }
void *mmap64(void *where, size_t size, int access, int flags, int fd, off64_t at) { REAL(mmap64); if (fd >= 0 && !spare_fd(fd) && fails(MAP)) return MAP_FAILED; return real(where, size, access, flags, fd, at); }

int connect(int fd, const struct sockaddr *to, socklen_t size) { REAL(connect); if (fails(CONNECT)) return -1; return real(fd, to, size); }
ssize_t recv(int fd, void *to, size_t count, int flags) { REAL(recv); if (fails(RECEIVE)) return -1; return real(fd, to, count, flags); }
ssize_t send(int fd, const void *from, size_t count, int flags) { REAL(send); if (fails(SEND)) return -1; return real(fd, from, count, flags); }
