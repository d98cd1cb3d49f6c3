/// What must hold between the values of a configuration, and between it and the files it names.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "observation/config_error.hpp"
#include "proxy/config.hpp"

namespace tokenweir::proxy {

/// Where each value came from, by path ("routes[0].prefix"), as messages begin: "tokenweir.yaml:12:5:
/// routes[0].prefix".
class Origins {
public:
    void set(const std::string& path, std::string where) {
        where_.insert_or_assign(path, std::move(where));
        bad_.erase(path);
    }
    bool has(std::string_view path) const { return where_.find(path) != where_.end(); }

    /// Of the value, else of what holds it, else the path itself: it is a default.
    std::string of(std::string_view path) const;

    /// Its text was refused: rules about the value say nothing more.
    void spoil(const std::string& path) { bad_.insert(path); }
    /// Given, and understood.
    bool is_good(std::string_view path) const { return has(path) && bad_.find(path) == bad_.end(); }

    /// A list that is given anew takes the place of the one before.
    void forget_items(std::string_view list);

private:
    std::map<std::string, std::string, std::less<>> where_;
    std::set<std::string, std::less<>> bad_;
};

void check_rules(const Config& config, const Origins& origins, Complaints& complaints);

}  // namespace tokenweir::proxy
