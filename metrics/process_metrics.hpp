/// The process as the kernel sees it, and which build it is.
#pragma once

#include <prometheus/collectable.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokenweir::metrics {

class ProcessMetrics final : public prometheus::Collectable {
public:
    explicit ProcessMetrics(std::string version) : version_(std::move(version)) {}

    /// Reads /proc/self; what cannot be read is left out.
    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    const std::string version_;
};

/// The numbers of /proc/self/stat (proc(5)) that are exported.
struct ProcessStat {
    unsigned long user_ticks = 0, system_ticks = 0;
    long threads = 0;
    unsigned long long start_ticks = 0;  ///< since boot
    unsigned long virtual_bytes = 0;
    long resident_pages = 0;

    bool operator==(const ProcessStat&) const = default;
};

/// Pure. The second field, the command's name, may contain anything.
std::optional<ProcessStat> parse_process_stat(std::string_view text);

}  // namespace tokenweir::metrics
