/// What a new configuration asks for that a running process cannot do.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "proxy/config.hpp"

namespace tokenweir::proxy {

/// The keys that are read at the start alone; a section's name stands for all of its keys.
std::span<const std::string_view> read_at_start() noexcept;

/// Those of them whose values differ, by their paths.
std::vector<std::string_view> keys_needing_restart(const Config& started, const Config& wanted);

/// The same addresses in the same order, each with TLS or each without: only the certificates may differ.
bool same_sockets(std::span<const Listener> a, std::span<const Listener> b);

}  // namespace tokenweir::proxy
