/// A path of the admin port, answered by whoever owns the data behind it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observation/field.hpp"

namespace tokenweir {

struct AdminRequest {
    std::string_view method;
    std::string_view path;   ///< without the query
    std::string_view query;  ///< without the question mark
    Fields fields;
    std::string_view body;
};

struct AdminResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields{};  ///< further response fields
};

class AdminHandler {
public:
    virtual ~AdminHandler() = default;

    /// Called on the admin thread; may take its time, may throw (answered with 500).
    virtual AdminResponse handle(const AdminRequest& request) = 0;
};

}  // namespace tokenweir
