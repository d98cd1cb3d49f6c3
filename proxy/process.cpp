#include "proxy/process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace tokenweir::proxy {

void take_over_process() noexcept {
    int fd = -1;
    do fd = ::open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) ::close(fd);
    std::signal(SIGPIPE, SIG_IGN);  // EPIPE
    std::signal(SIGXFSZ, SIG_IGN);  // EFBIG
}

std::size_t connection_limit(std::size_t configured) {
    constexpr std::size_t others = 64, each = 2;
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    ::getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < others + each)
        throw std::runtime_error("RLIMIT_NOFILE is " + std::to_string(files.rlim_cur) + ": expected at least " +
                                 std::to_string(others + each) + ", " + std::to_string(others) +
                                 " for the process and " + std::to_string(each) + " for each connection");
    const std::size_t possible = (files.rlim_cur - others) / each;
    if (configured > possible)
        std::fprintf(stderr, "tokenweir: limits.connections is %zu, but RLIMIT_NOFILE allows %zu\n", configured,
                     possible);
    return configured == 0 ? possible : configured;
}

void yield_to_other_threads() noexcept {
    constexpr int niceness = 10;
    ::setpriority(PRIO_PROCESS, 0, niceness);
}

}  // namespace tokenweir::proxy
