/// A path of the admin port, answered by whoever owns the data behind it.
#pragma once

#include <chrono>
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
    bool body_left_out = false;  ///< it was larger than any handler takes; `body` is empty
    bool again = false;          ///< it waited as its handler wished, and is not to wait any more
};

struct AdminResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields{};  ///< further response fields
    std::chrono::milliseconds ask_again_after{0};  ///< above 0: this is not sent; the handler is asked once more then
};

class AdminHandler {
public:
    virtual ~AdminHandler() = default;

    /// Called on the admin thread; may take its time, may throw (answered with 500).
    virtual AdminResponse handle(const AdminRequest& request) = 0;
};

}  // namespace tokenweir
