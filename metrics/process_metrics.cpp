#include "metrics/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "metrics/samples.hpp"

namespace tokenweir::metrics {
namespace {

std::string contents(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Seconds since 1970 at which the machine started; 0: unknown.
double boot_time() {
    std::istringstream lines(contents("/proc/stat"));
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("btime ")) return std::stod(line.substr(6));
    return 0;
}

std::optional<std::size_t> open_descriptors() {
    std::error_code error;
    const std::filesystem::directory_iterator entries("/proc/self/fd", error);
    if (error) return std::nullopt;
    const auto count = std::distance(begin(entries), end(entries));
    return static_cast<std::size_t>(count) - 1;  // the one that lists them
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
    const auto name_end = text.rfind(')');
    if (name_end == std::string_view::npos) return std::nullopt;
    std::istringstream fields{std::string(text.substr(name_end + 1))};
    const auto skip = [&](int count) {
        std::string ignored;
        while (count-- > 0) fields >> ignored;
    };
    ProcessStat stat;
    skip(11);  // state … cmajflt
    fields >> stat.user_ticks >> stat.system_ticks;
    skip(4);  // cutime cstime priority nice
    fields >> stat.threads;
    skip(1);  // itrealvalue
    fields >> stat.start_ticks >> stat.virtual_bytes >> stat.resident_pages;
    if (!fields) return std::nullopt;
    return stat;
}

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
    constexpr const MetricDefinition& build = metric("tokenweir_build_info");
    std::vector<prometheus::MetricFamily> families{family_of(build)};
    add_sample(families.back(), build, 1, {version_});

    if (const auto stat = parse_process_stat(contents("/proc/self/stat"))) {
        const double tick = static_cast<double>(sysconf(_SC_CLK_TCK)),
                     page = static_cast<double>(sysconf(_SC_PAGESIZE));
        families.push_back(single(metric("process_cpu_seconds_total"),
                                  static_cast<double>(stat->user_ticks + stat->system_ticks) / tick));
        families.push_back(
            single(metric("process_resident_memory_bytes"), static_cast<double>(stat->resident_pages) * page));
        families.push_back(single(metric("process_virtual_memory_bytes"), static_cast<double>(stat->virtual_bytes)));
        families.push_back(single(metric("process_threads"), static_cast<double>(stat->threads)));
        static const double booted = boot_time();
        if (booted > 0)
            families.push_back(
                single(metric("process_start_time_seconds"), booted + static_cast<double>(stat->start_ticks) / tick));
    }
    if (const auto open = open_descriptors())
        families.push_back(single(metric("process_open_fds"), static_cast<double>(*open)));
    if (rlimit limit{}; getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        families.push_back(single(metric("process_max_fds"), static_cast<double>(limit.rlim_cur)));
    return families;
}

}  // namespace tokenweir::metrics
