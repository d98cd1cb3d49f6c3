/// Costs as calls get them, and prices that change while they come in.
#include "metrics/cost_enricher.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "metrics/price_reader.hpp"
#include "tests/metrics/calls.hpp"
#include "tests/metrics/collected.hpp"

namespace tokenweir::metrics {
namespace {

PriceCatalogue flat(int dollars) {
    const std::string price = std::to_string(dollars);
    const std::string yaml = "as_of: 2026-11-0" + price +
                             "\nproviders: {openai: {models: {gpt-5-mini: {input: " + price + ", output: " + price +
                             "}}}}";
    const PriceText text{"file", "prices.yaml", yaml};
    return read_prices({&text, 1});
}

double priced(const CostEnricher& costs) {
    LlmCall call = test::streamed_chat();  // 120 tokens
    costs.enrich(call);
    return call.cost.value_or(-1);
}

TEST_SUITE("cost_enricher") {
    TEST_CASE("a call gets its cost and where it comes from") {
        const CostEnricher costs(flat(2));
        LlmCall call = test::streamed_chat();
        costs.enrich(call);
        CHECK(call.cost == 0.00024);
        CHECK(call.cost_source == CostSource::catalogue);
        call.request_model = "unknown";
        costs.enrich(call);
        CHECK(call.cost == std::nullopt);
        CHECK(call.cost_source == CostSource::unpriced);
    }

    TEST_CASE("each call gets the prices of its own model and provider, whichever the one before had") {
        const PriceText text{"file", "prices.yaml",
                             "as_of: 2026-11-01\nproviders: {p: {models: {qm: {input: 1, output: 1}}},"
                             " pq: {models: {m: {input: 2, output: 2}}}}"};
        const CostEnricher costs(read_prices({&text, 1}));
        const std::string long_name(500, 'm');
        for (int round = 0; round < 2; ++round)
            for (const auto& [provider, model, cost] : {std::tuple{"p", "qm", std::optional(0.00012)},
                                                        {"pq", "m", 0.00024},
                                                        {"p", "m", std::nullopt},
                                                        {"p", long_name.c_str(), std::nullopt},
                                                        {"pq", "m", 0.00024},
                                                        {"pq", "m", 0.00024}}) {
                LlmCall call = test::streamed_chat();
                call.provider = provider;
                call.request_model = call.response_model = model;
                costs.enrich(call);
                CHECK(call.cost == cost);
            }
    }

    TEST_CASE("replaced prices hold from the next call on") {
        CostEnricher costs(flat(1));
        CHECK(priced(costs) == 0.00012);
        costs.replace(flat(3));
        CHECK(priced(costs) == 0.00036);
    }

    TEST_CASE("calls see whole catalogues while they are replaced, and nobody waits long") {
        CostEnricher costs(flat(1));
        std::atomic<bool> stop{false};
        std::atomic<std::size_t> wrong{0}, calls{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i)
            threads.emplace_back([&] {
                while (!stop) {
                    const double cost = priced(costs);
                    if (cost != 0.00012 && cost != 0.00024) ++wrong;
                    ++calls;
                }
            });
        for (int i = 0; i < 200 || calls < 1000; ++i) costs.replace(flat(1 + i % 2));
        stop = true;
        for (std::thread& thread : threads) thread.join();
        CHECK(wrong == 0);
    }

    TEST_CASE("a scrape tells the size and the date of the catalogue") {
        CostEnricher costs(flat(1));
        costs.replace(flat(2));
        const auto families = costs.Collect();
        REQUIRE(families.size() == 2);
        CHECK(families[0].name == "tokenweir_price_catalogue_models");
        CHECK(families[0].metric.at(0).gauge.value == 1);
        CHECK(families[0].metric.at(0).label.at(0).value == "file");
        CHECK(families[1].name == "tokenweir_price_catalogue_as_of_timestamp_seconds");
        CHECK(families[1].metric.at(0).gauge.value == 1793577600);  // 2026-11-02
    }
}

}  // namespace
}  // namespace tokenweir::metrics
