#include "metrics/catalogue.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "metrics/text_format.hpp"

namespace tokenweir::metrics {
namespace {

/// The rows of the tables in docs/metrics.md, without their heads.
std::vector<std::string> documented_rows() {
    std::ifstream page(std::string(TOKENWEIR_SOURCE_DIR) + "/docs/metrics.md");
    std::vector<std::string> rows;
    for (std::string line; std::getline(page, line);)
        if (line.starts_with("| `")) rows.push_back(line);
    return rows;
}

std::string row_of(const MetricDefinition& metric) {
    std::string labels, type(name_of(metric.type));
    for (const auto label : metric.labels()) labels.append(labels.empty() ? "`" : " `").append(label).append("`");
    if (metric.buckets != nullptr) type.append(", ").append(metric.buckets->name);
    std::string row = "| `";
    return row.append(metric.name)
               .append("` | ")
               .append(type)
               .append(" | ")
               .append(labels)
               .append(" | ")
               .append(metric.help) +
           " |";
}

std::string row_of(const BucketSet& set) {
    std::string row = "| `";
    row.append(set.name).append("` |");
    for (const double bound : set.bounds) append_number(row += ' ', bound);
    return row + " |";
}

TEST_SUITE("catalogue") {
    TEST_CASE("docs/metrics.md lists exactly the metrics and bucket sets of the table") {
        std::vector<std::string> rows;
        for (const auto& metric : catalogue) rows.push_back(row_of(metric));
        for (const auto& set : bucket_sets) rows.push_back(row_of(set));
        const auto documented = documented_rows();
        for (std::size_t i = 0; i < std::max(rows.size(), documented.size()); ++i)
            CHECK((i < documented.size() ? documented[i] : "no such row") ==
                  (i < rows.size() ? rows[i] : "no such metric"));
    }

    TEST_CASE("names say what they count in, are unique and carry a help text") {
        std::set<std::string_view> names;
        for (const auto& metric : catalogue) {
            CAPTURE(metric.name);
            CHECK(names.insert(metric.name).second);
            CHECK(metric.name.ends_with("_total") == (metric.type == MetricType::counter));
            CHECK((metric.buckets != nullptr) == (metric.type == MetricType::histogram));
            CHECK(metric.help.ends_with("."));
        }
    }

    TEST_CASE("no sample of a metric has the name of another one, with or without _total") {
        std::set<std::string> names;
        for (const auto& metric : catalogue) {
            CAPTURE(metric.name);
            const std::string name(metric.name.substr(0, metric.name.rfind("_total")));
            CHECK(names.insert(name).second);
            if (metric.type != MetricType::histogram) continue;
            for (const char* suffix : {"_bucket", "_sum", "_count"}) CHECK(names.insert(name + suffix).second);
        }
    }

    TEST_CASE("bounds ascend") {
        for (const auto& set : bucket_sets) {
            CAPTURE(set.name);
            for (std::size_t i = 1; i < set.bounds.size(); ++i) CHECK(set.bounds[i - 1] < set.bounds[i]);
        }
    }
}

}  // namespace
}  // namespace tokenweir::metrics
