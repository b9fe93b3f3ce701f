/* Troubles of one process, loaded by LD_PRELOAD: its wall clock is off, the disk under its journal of money stalls or fails.
 * What holds at the moment stands in a file that the test maps, too; see troubles.py. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct troubles {
    int64_t clock_off_ms;
    int64_t writes_stall;
    int64_t syncs_fail;
    int64_t writes_stalled;
    int64_t syncs_failed;
};

static volatile struct troubles none;
static volatile struct troubles *troubles = &none;
static int (*real_clock)(clockid_t, struct timespec *);
static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
    real_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    real_pwrite = (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const char *path = getenv("TROUBLES_FILE");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof(struct troubles), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) troubles = mapped;
}

static int is_journal(int file) {
    char link[32], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 8) return 0;
    path[length] = 0;
    return strcmp(path + length - 8, ".journal") == 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int done = real_clock(clock, now);
    if (done != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return done;
    int64_t ms = troubles->clock_off_ms;
    now->tv_sec += ms / 1000;
    now->tv_nsec += (ms % 1000) * 1000000;
    if (now->tv_nsec < 0) now->tv_sec -= 1, now->tv_nsec += 1000000000;
    if (now->tv_nsec >= 1000000000) now->tv_sec += 1, now->tv_nsec -= 1000000000;
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
    if (troubles->writes_stall && is_journal(file)) {
        __atomic_add_fetch(&troubles->writes_stalled, 1, __ATOMIC_SEQ_CST);
        struct timespec moment = {0, 1000000};
        while (troubles->writes_stall) nanosleep(&moment, NULL);
    }
    return real_pwrite(file, bytes, length, at);
}

int fdatasync(int file) {
    if (troubles->syncs_fail && is_journal(file)) {
        __atomic_add_fetch(&troubles->syncs_failed, 1, __ATOMIC_SEQ_CST);
        errno = EIO;
        return -1;
    }
    return real_fdatasync(file);
}
