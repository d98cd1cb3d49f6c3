#include "tracing/record_json.hpp"

#include "tracing/record_members.hpp"

namespace tokenweir::tracing {

void append_record_json(std::string& out, const LlmCall& call) {
    JsonObject object(out);
    add_record(object, call);
    object.close();
}

}  // namespace tokenweir::tracing
