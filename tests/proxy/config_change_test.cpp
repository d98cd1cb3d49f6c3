/// What a reload cannot change, and that the reference says so.
#include "proxy/config_change.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "config_support.hpp"
#include "proxy/config_keys.hpp"

using namespace tokenweir::proxy;
using tokenweir::test::load;
using Paths = std::vector<std::string_view>;

TEST_SUITE_BEGIN("config_change");

TEST_CASE("keys that are read at the start are named when they differ, and no others") {
    struct Row {
        std::string yaml;
        Paths paths;
    };
    const Row rows[] = {
        {"", {}},
        {"listen: 127.0.0.1:7080\nthreads: 0\n", {}},
        {"threads: 3\n", {"threads"}},
        {"listen: [127.0.0.1:7080, 127.0.0.1:7090]\n", {"listen"}},
        {"admin: {listen: 127.0.0.1:7099}\ncall_log: {path: x, queue_bytes: 1MiB}\n",
         {"admin.listen", "call_log.path", "call_log.queue_bytes"}},
        {"labels: {max_models: 7, tags: [a]}\nmetrics: {phase_buckets: [1, 2]}\n",
         {"labels.max_models", "labels.tags", "metrics.phase_buckets"}},
        {"routes: [{prefix: /x, upstream: 'http://x'}]\nmock: on\ntimeouts: {idle: 1s}\nlimits: {connections: 9}\n"
         "observe: off\nobserver: {stall_threshold: 1s}\ncontext: {record_user: off}\n"
         "admin: {token: 0123456789abcdef0123456789abcdef}\n",
         {}},
        {"upstream: http://x\n", {}},
        {"feedback: {path: /x, hold: 1s}\n", {"feedback.hold"}},
        {"telemetry: {sampler: always_off, sampler_ratio: 0.5, trace_context: none}\n",
         {"telemetry.sampler", "telemetry.sampler_ratio"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.yaml);
        CHECK(keys_needing_restart(load({""}), load({row.yaml})) == row.paths);
        CHECK(keys_needing_restart(load({row.yaml}), load({""})) == row.paths);
    }
}

TEST_CASE("sockets are the same while addresses, their order and the presence of TLS are") {
    const Listener plain{{"127.0.0.1", 1}, std::nullopt}, other{{"127.0.0.1", 2}, std::nullopt};
    const Listener secure{{"127.0.0.1", 1}, ServerTls{"a", "b"}}, renewed{{"127.0.0.1", 1}, ServerTls{"c", "d"}};
    using Listeners = std::vector<Listener>;
    CHECK(same_sockets(Listeners{plain, other}, Listeners{plain, other}));
    CHECK(same_sockets(Listeners{secure}, Listeners{renewed}));
    CHECK_FALSE(same_sockets(Listeners{plain, other}, Listeners{other, plain}));
    CHECK_FALSE(same_sockets(Listeners{plain}, Listeners{plain, other}));
    CHECK_FALSE(same_sockets(Listeners{plain}, Listeners{secure}));
}

TEST_CASE("each name is that of a key or of a section, and docs/configuration.md lists them all") {
    std::ifstream file(TOKENWEIR_SOURCE_DIR "/docs/configuration.md", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::string list;
    for (const std::string_view name : read_at_start()) {
        CAPTURE(name);
        const std::string section = std::string(name) + ".";
        CHECK(std::ranges::any_of(
            config_keys(), [&](const Key<Config>& key) { return key.path == name || key.path.starts_with(section); }));
        const bool is_key = find_config_key(name) != nullptr;
        list += (list.empty() ? "`" : ", `") + std::string(name) + (is_key ? "`" : ".*`");
    }
    CHECK(text.find(list) != std::string::npos);
}
