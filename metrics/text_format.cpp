#include "metrics/text_format.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace tokenweir::metrics {
namespace {

std::string_view name_of(prometheus::MetricType type) noexcept {
    switch (type) {
        case prometheus::MetricType::Counter: return "counter";
        case prometheus::MetricType::Gauge: return "gauge";
        case prometheus::MetricType::Summary: return "summary";
        case prometheus::MetricType::Histogram: return "histogram";
        case prometheus::MetricType::Untyped: break;
    }
    return "untyped";
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || (quotes && c == '"')) out += '\\';
        out += c;
    }
}

void append_integer(std::string& out, std::uint64_t value) {
    char digits[20];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

/// `{a="1",b="2"}` with the labels of the metric and one more; nothing when there are none.
void append_labels(std::string& out, const prometheus::ClientMetric& metric, std::string_view name, double value) {
    if (metric.label.empty() && name.empty()) return;
    char before = '{';
    for (const auto& label : metric.label) {
        out += before;
        out.append(label.name).append("=\"");
        append_escaped(out, label.value, true);
        out += '"';
        before = ',';
    }
    if (!name.empty()) {
        out += before;
        out.append(name).append("=\"");
        append_number(out, value);
        out += '"';
    }
    out += '}';
}

class FamilyWriter {
public:
    FamilyWriter(std::string& out, const prometheus::MetricFamily& family) : out_(out), family_(family) {
        out_.append("# HELP ").append(family.name) += ' ';
        append_escaped(out_, family.help, false);
        out_.append("\n# TYPE ").append(family.name).append(1, ' ').append(name_of(family.type)) += '\n';
    }

    void write(const prometheus::ClientMetric& metric) {
        switch (family_.type) {
            case prometheus::MetricType::Counter: return sample(metric, metric.counter.value);
            case prometheus::MetricType::Gauge: return sample(metric, metric.gauge.value);
            case prometheus::MetricType::Untyped: return sample(metric, metric.untyped.value);
            case prometheus::MetricType::Histogram: return histogram(metric);
            case prometheus::MetricType::Summary: return summary(metric);
        }
    }

private:
    void begin(const prometheus::ClientMetric& metric, std::string_view suffix, std::string_view label = {},
               double value = 0) {
        out_.append(family_.name).append(suffix);
        append_labels(out_, metric, label, value);
        out_ += ' ';
    }
    void sample(const prometheus::ClientMetric& metric, double value, std::string_view suffix = {}) {
        begin(metric, suffix);
        append_number(out_, value);
        out_ += '\n';
    }
    void count(const prometheus::ClientMetric& metric, std::uint64_t value) {
        begin(metric, "_count");
        append_integer(out_, value);
        out_ += '\n';
    }
    void histogram(const prometheus::ClientMetric& metric) {
        for (const auto& bucket : metric.histogram.bucket) {
            begin(metric, "_bucket", "le", bucket.upper_bound);
            append_integer(out_, bucket.cumulative_count);
            out_ += '\n';
        }
        sample(metric, metric.histogram.sample_sum, "_sum");
        count(metric, metric.histogram.sample_count);
    }
    void summary(const prometheus::ClientMetric& metric) {
        for (const auto& quantile : metric.summary.quantile) {
            begin(metric, "", "quantile", quantile.quantile);
            append_number(out_, quantile.value);
            out_ += '\n';
        }
        sample(metric, metric.summary.sample_sum, "_sum");
        count(metric, metric.summary.sample_count);
    }

    std::string& out_;
    const prometheus::MetricFamily& family_;
};

}  // namespace

void append_number(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
        return;
    }
    if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
        return;
    }
    if (value == 0) value = 0;  // no negative zero
    // Fixed where Go's %g is fixed for small numbers, and further up than it: token counts should be legible.
    const double magnitude = std::fabs(value);
    const bool fixed = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e17);
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value,
                                     fixed ? std::chars_format::fixed : std::chars_format::scientific)
                           .ptr);
}

void append_text(std::string& out, std::span<const prometheus::MetricFamily> families) {
    for (const auto& family : families) {
        FamilyWriter writer(out, family);
        for (const auto& metric : family.metric) writer.write(metric);
    }
}

}  // namespace tokenweir::metrics
