// What must cost no allocation.
#include <doctest/doctest.h>

#include <vector>

#include "parsers/client_identity.hpp"
#include "parsers/quota.hpp"
#include "tests/metrics/allocation_probe.hpp"

using namespace tokenweir;
using namespace tokenweir::parsers;

TEST_SUITE("allocations") {
    TEST_CASE("a request's head that names nobody costs none") {
        const std::vector<Field> fields{{"Host", "127.0.0.1:7080"},       {"User-Agent", "python-httpx/0.28.1"},
                                        {"X-Stainless-Lang", "python"},   {"x-stainless-retry-count", "0"},
                                        {"x-stainless-timeout", "600.0"}, {"Authorization", "Bearer sk-0"}};
        const ContextOptions options;
        LlmCall call;
        const std::size_t before = test::allocations();
        read_client(fields, options, call);
        CHECK(test::allocations() == before);
        CHECK(call.client_retry_count == 0);
    }

    TEST_CASE("a response's quotas cost none") {
        const std::vector<Field> fields{{"x-ratelimit-limit-requests", "100"},
                                        {"x-ratelimit-reset-tokens", "6m0.5s"},
                                        {"anthropic-ratelimit-tokens-reset", "2023-11-14T22:13:50Z"},
                                        {"ratelimit", "\"a\";r=1;t=2"},
                                        {"retry-after", "Tue, 14 Nov 2023 22:14:20 GMT"}};
        Quotas quotas;
        const std::size_t before = test::allocations();
        read_quotas(fields, WallTime(std::chrono::seconds(1'700'000'000)), quotas);
        CHECK(test::allocations() == before);
        CHECK(quotas.retry_after_seconds == 60);
    }
}
