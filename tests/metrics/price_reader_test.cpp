/// Catalogues from YAML: what they mean, how they lie over each other, and what is said about mistakes.
#include "metrics/price_reader.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "observation/config_error.hpp"

namespace tokenweir::metrics {
namespace {

using enum TokenKind;

PriceCatalogue read(std::string_view yaml) {
    const PriceText text{"file", "prices.yaml", yaml};
    return read_prices({&text, 1});
}

/// What is wrong with the catalogue, a line per complaint; empty if nothing is.
std::string complaints(std::string_view yaml) {
    try {
        read(yaml);
    } catch (const ConfigError& error) {
        std::string all;
        for (const std::string& line : error.lines()) all.append(all.empty() ? "" : "\n").append(line);
        return all;
    }
    return {};
}

/// The same for a text that stands where a model's prices do.
std::string complaints_of_model(const std::string& prices) {
    return complaints("providers: {p: {models: {m: " + prices + "}}}");
}

TokenPrices prices(std::initializer_list<std::pair<TokenKind, Picodollars>> stated) {
    TokenPrices all;
    all.fill(no_price);
    for (const auto& [kind, price] : stated) all[index_of(kind)] = price;
    return all;
}

/// In picodollars for a token: input and what costs like it, output and what costs like it.
TokenPrices two_prices(Picodollars in, Picodollars out) {
    return prices({{input, in},
                   {cache_read, in},
                   {cache_write, in},
                   {cache_write_1h, in},
                   {audio_input, in},
                   {audio_cache_read, in},
                   {image_input, in},
                   {output, out},
                   {reasoning, out},
                   {audio_output, out},
                   {image_output, out}});
}

TEST_SUITE("price_reader") {
    TEST_CASE("a price is dollars for a million tokens, and picodollars for one") {
        const PriceCatalogue catalogue = read("providers: {p: {models: {m: {input: 1.25, output: 10}}}}");
        const ModelPrices* model = catalogue.find("p", "m");
        REQUIRE(model != nullptr);
        CHECK(*model == ModelPrices{{WallTime::min(), {{"", {{-1, two_prices(1'250'000, 10'000'000)}}}}, {}, {}}});
    }

    TEST_CASE("what is not stated costs what it is a special case of") {
        const PriceCatalogue catalogue = read(R"(
providers:
  p:
    models:
      cached: {input: 3, cache_read: 0.3, cache_write: 3.75, output: 15}
      input alone: {input: 1}
      audio alone: {audio_input: 2}
)");
        CHECK(catalogue.find("p", "cached")->front().tiers.front().bands.front().prices ==
              prices({{input, 3'000'000},
                      {cache_read, 300'000},
                      {cache_write, 3'750'000},
                      {cache_write_1h, 3'750'000},
                      {audio_input, 3'000'000},
                      {audio_cache_read, 300'000},
                      {image_input, 3'000'000},
                      {output, 15'000'000},
                      {reasoning, 15'000'000},
                      {audio_output, 15'000'000},
                      {image_output, 15'000'000}}));
        CHECK(catalogue.find("p", "input alone")->front().tiers.front().bands.front().prices[index_of(output)] ==
              no_price);
        CHECK(catalogue.find("p", "audio alone")->front().tiers.front().bands.front().prices ==
              prices({{audio_input, 2'000'000}}));
    }

    TEST_CASE("bands and tiers state what differs; a factor scales every price and every band") {
        const PriceCatalogue catalogue = read(R"(
providers:
  p:
    tiers: {batch: {factor: 0.5}, flex: {factor: 0.1}}
    models:
      m:
        input: 2
        output: 8
        above: {200000: {input: 4}, 100000: {output: 9}}
        tiers: {priority: {input: 3}, flex: {factor: 0.25}}
)");
        const PriceTiers expected{
            {"",
             {{-1, two_prices(2'000'000, 8'000'000)},
              {100'000, two_prices(2'000'000, 9'000'000)},
              {200'000, two_prices(4'000'000, 8'000'000)}}},
            {"batch",
             {{-1, two_prices(1'000'000, 4'000'000)},
              {100'000, two_prices(1'000'000, 4'500'000)},
              {200'000, two_prices(2'000'000, 4'000'000)}}},
            {"flex",
             {{-1, two_prices(500'000, 2'000'000)},
              {100'000, two_prices(500'000, 2'250'000)},
              {200'000, two_prices(1'000'000, 2'000'000)}}},
            {"priority", {{-1, two_prices(3'000'000, 8'000'000)}}},
        };
        CHECK(catalogue.find("p", "m")->front().tiers == expected);
    }

    TEST_CASE("later days and hours of the week have their prices") {
        const PriceCatalogue catalogue = read(R"(
providers:
  p:
    models:
      m:
        input: 1
        from:
          2026-02-01: {input: 3, units: {images: 0.04}}
          2026-01-01: {input: 2, hours: {mon-fri 01:00-04:00: {input: 4}}, tiers: {flex: {factor: 0.5}}}
)");
        using namespace std::chrono;
        const auto input_only = [](Picodollars price) {
            TokenPrices all = two_prices(price, no_price);
            return all;
        };
        const ModelPrices expected{
            {WallTime::min(), {{"", {{-1, input_only(1'000'000)}}}}, {}, {}},
            {sys_days(2026y / January / 1),
             {{"", {{-1, input_only(2'000'000)}}}, {"flex", {{-1, input_only(1'000'000)}}}},
             {{HourRange{0x3e, minutes(60), minutes(240)},
               {{"", {{-1, input_only(4'000'000)}}}, {"flex", {{-1, input_only(2'000'000)}}}}}},
             {}},
            {sys_days(2026y / February / 1), {{"", {{-1, input_only(3'000'000)}}}}, {}, {{"images", 40'000'000'000}}},
        };
        CHECK(*catalogue.find("p", "m") == expected);
    }

    TEST_CASE("a model goes by all its names") {
        const PriceCatalogue catalogue = read("providers: {p: {models: {m: {also: [n, o], input: 1}}}}");
        CHECK(catalogue.find("p", "m") != nullptr);
        CHECK(catalogue.find("p", "n") == catalogue.find("p", "m"));
        CHECK(catalogue.find("p", "o") == catalogue.find("p", "m"));
        CHECK(catalogue.find("p", "q") == nullptr);
        CHECK(catalogue.find("q", "m") == nullptr);
        CHECK(catalogue.origins == std::vector<PriceOrigin>{{"file", 1, std::nullopt}});
    }

    TEST_CASE("the later text wins model by model, and inherits a provider's tiers") {
        const PriceText texts[] = {{"shipped", "a", R"(
as_of: 2026-11-01
providers:
  p: {same_as: q, tiers: {batch: {factor: 0.5}}, models: {m: {also: [alias], input: 1}, kept: {input: 2}}}
  q: {models: {theirs: {input: 7}, elsewhere: {input: 8}}}
)"},
                                   {"file", "b", R"(
as_of: 2026-11-20
providers:
  p: {models: {m: {input: 3}, new: {input: 4}}}
  r: {same_as: p, vendors: {v: q}}
)"}};
        const PriceCatalogue catalogue = read_prices(texts);
        const auto input_of = [&](const char* provider, const char* model) {
            const ModelPrices* found = catalogue.find(provider, model);
            return found == nullptr ? no_price : found->front().tiers.front().bands.front().prices[index_of(input)];
        };
        CHECK(input_of("p", "m") == 3'000'000);
        CHECK(input_of("p", "alias") == 1'000'000);  // another name, not named again
        CHECK(input_of("p", "kept") == 2'000'000);
        CHECK(input_of("p", "new") == 4'000'000);
        CHECK(input_of("p", "theirs") == 7'000'000);
        CHECK(input_of("r", "new") == 4'000'000);
        CHECK(input_of("r", "v/elsewhere") == 8'000'000);
        CHECK(input_of("r", "w/elsewhere") == no_price);
        CHECK(input_of("r", "elsewhere") == no_price);  // the other provider's own models, not all that it can find
        CHECK(catalogue.find("p", "new")->front().tiers.back().name == "batch");
        using namespace std::chrono;
        CHECK(catalogue.origins == std::vector<PriceOrigin>{{"shipped", 4, sys_days(2026y / November / 1)},
                                                            {"file", 2, sys_days(2026y / November / 20)}});
    }

    TEST_CASE("an empty catalogue is one") {
        CHECK(read("").providers.empty());
        CHECK(read("providers: {}").providers.empty());
        CHECK(read("as_of: 2026-01-01").origins.front().as_of.has_value());
    }

    TEST_CASE("a mistake is told with its place, what was expected, and the word that was meant") {
        struct Row {
            const char* yaml;
            const char* expected;
        };
        const Row rows[] = {
            {"provider: {}", "prices.yaml:1:1: unknown key 'provider'; did you mean 'providers'?"},
            {"providers:\n  p:\n    modles: {}",
             "prices.yaml:3:5: unknown key 'modles' in providers.p; did you mean 'models'?"},
            {"providers:\n  p:\n    models:\n      m: {inptu: 1}",
             "prices.yaml:4:11: unknown key 'inptu' in providers.p.models.m; did you mean 'input'?"},
            {"as_of: yesterday", "prices.yaml:1:8: as_of: expected a date such as 2026-10-07, got 'yesterday'"},
            {"providers: [p]", "prices.yaml:1:12: providers: expected a mapping"},
            {"providers: {p: {models: {m: 1}}}", "prices.yaml:1:29: providers.p.models.m: expected a mapping"},
            {"providers: {p: {models: {m: {}}}}",
             "prices.yaml:1:29: providers.p.models.m: expected a price, such as input, or units"},
            {"providers:\n  p:\n  q:",
             "prices.yaml:2:3: providers.p: expected a mapping\nprices.yaml:3:3: providers.q: expected a mapping"},
            {"providers: {p: {same_as: open}, openai: {}}",
             "prices.yaml:1:26: providers.p.same_as: there is no provider 'open'"},
            {"providers: {p: {vendors: {x: opneai}}, openai: {}}",
             "prices.yaml:1:30: providers.p.vendors.x: there is no provider 'opneai'; did you mean 'openai'?"},
            {"providers: {p: {models: {m: {input: 1}, n: {also: [m], input: 2}}}}",
             "prices.yaml:1:52: providers.p.models.n.also: model 'm' stands twice in providers.p"},
            {"providers: {p: {}, p: {}}", "prices.yaml:1:20: key 'p' stands twice in providers"},
            {"providers: {p: {models: {m: {input: 1}}}\n",
             "prices.yaml:2:1: not valid YAML (a value with ':', '[' or '{' may need quotes): end of map flow not "
             "found"},
            {"providers: {}\n---\nproviders: {}", "prices.yaml:2:1: expected one YAML document and nothing behind it"},
            {"- a", "prices.yaml: expected a mapping"},
        };
        for (const Row& row : rows) {
            CAPTURE(row.yaml);
            CHECK(complaints(row.yaml) == row.expected);
        }
    }

    TEST_CASE("a model's values are judged one by one") {
        const std::string price = "expected US dollars for a million tokens, such as 1.25, with at most 6 decimals";
        const std::pair<const char*, std::string> rows[] = {
            {"{input: free}", "input: " + price + ", got 'free'"},
            {"{input: -1}", "input: " + price + ", got '-1'"},
            {"{input: 0.1234567}", "input: " + price + ", got '0.1234567'"},
            {"{input: 1000000.1}", "input: " + price + ", got '1000000.1'"},
            {"{input: [1]}", "input: " + price},
            {"{input: }", "input: " + price},
            {"{input: 1, above: {0: {input: 2}}}",
             "above.0: expected a number of input tokens up to 1000000 as the key, such as 200000"},
            {"{input: 1, above: {1000001: {input: 2}}}",
             "above.1000001: expected a number of input tokens up to 1000000 as the key, such as 200000"},
            {"{input: 1, above: {200k: {input: 2}}}",
             "above.200k: expected a number of input tokens up to 1000000 as the key, such as 200000"},
            {"{input: 1, from: {october: {input: 2}}}", "from.october: expected a date such as 2026-10-07 as the key"},
            {"{input: 1, from: {2026-10-07: {}}}", "from.2026-10-07: expected a price, such as input, or units"},
            {"{input: 1, hours: {night: {input: 2}}}",
             "hours.night: expected hours such as 'mon-fri 01:00-04:00' (UTC) as the key"},
            {"{input: 1, units: {images: 1e-3}}",
             "units.images: expected US dollars for one unit, such as 0.01, got '1e-3'"},
            {"{input: 1, tiers: {batch: {factor: half}}}",
             "tiers.batch.factor: expected a factor such as 0.5, with at most 4 decimals, got 'half'"},
            {"{input: 1, tiers: {batch: {factor: 0.5, input: 1}}}",
             "tiers.batch: expected a factor or prices, not both"},
            {"{input: 1, also: n}", "also: expected a list of further names"},
            {"{input: 1, also: [[n]]}", "also: expected the name of a model"},
        };
        for (const auto& [text, expected] : rows) {
            CAPTURE(text);
            const std::string said = complaints_of_model(text);
            CHECK(said.find("providers.p.models.m." + expected) != std::string::npos);
            CHECK(said.starts_with("prices.yaml:1:"));
        }
        CHECK(complaints_of_model("{input: 1000000, units: {images: 0.000000000001}}").empty());
        CHECK(complaints_of_model("{input: 1, above: {1000000: {input: 2}}}").empty());
        CHECK(complaints_of_model("{input: 0.000001, tiers: {batch: {factor: 0.5}}}")
                  .find("providers.p.models.m: the factor of tier 'batch' gives a price with more than 6 decimals: "
                        "expected "
                        "prices in its place") != std::string::npos);
        CHECK(complaints_of_model("{input: 0.000002, tiers: {batch: {factor: 0.5}}}").empty());
    }
}

}  // namespace
}  // namespace tokenweir::metrics
