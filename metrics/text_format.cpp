#include "metrics/text_format.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

namespace tokenweir::metrics {
namespace {

std::string_view name_of(prometheus::MetricType type, TextFormat format) noexcept {
    switch (type) {
        case prometheus::MetricType::Counter: return "counter";
        case prometheus::MetricType::Gauge: return "gauge";
        case prometheus::MetricType::Summary: return "summary";
        case prometheus::MetricType::Histogram: return "histogram";
        case prometheus::MetricType::Untyped: break;
    }
    return format == TextFormat::openmetrics ? "unknown" : "untyped";
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

void append_digits(std::string& out, double value, std::chars_format format) {
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value, format).ptr);
}

bool append_special(std::string& out, double value) {
    if (std::isnan(value))
        out += "NaN";
    else if (std::isinf(value))
        out += value > 0 ? "+Inf" : "-Inf";
    else
        return false;
    return true;
}

/// ` # {trace_id="…",span_id="…"} value time`
void append_exemplar(std::string& out, const Exemplar& exemplar) {
    const auto trace = to_hex(exemplar.trace_id);
    const auto span = to_hex(exemplar.span_id);
    out.append(" # {trace_id=\"").append(trace.data(), trace.size());
    out.append("\",span_id=\"").append(span.data(), span.size()).append("\"} ");
    append_number(out, exemplar.value);
    out += ' ';
    append_number(out, std::round(exemplar.time * 1e3) / 1e3);
}

class FamilyWriter {
public:
    FamilyWriter(std::string& out, const prometheus::MetricFamily& family, TextFormat format,
                 const ExemplarSource* exemplars)
        : out_(out), family_(family), format_(format), exemplars_(exemplars) {
        // The counter `x_total` is the sample of a family that OpenMetrics calls `x`.
        std::string_view name = family.name;
        const bool open = format == TextFormat::openmetrics;
        if (open && family.type == prometheus::MetricType::Counter && name.ends_with("_total")) name.remove_suffix(6);
        if (!open) help(name);
        out_.append("# TYPE ").append(name).append(1, ' ').append(name_of(family.type, format)) += '\n';
        if (!open) return;
        if (const auto unit = unit_of(name); !unit.empty())
            out_.append("# UNIT ").append(name).append(1, ' ').append(unit) += '\n';
        help(name);
    }

    void write(const prometheus::ClientMetric& metric) {
        labels_.clear();
        for (const auto& label : metric.label) {
            labels_.append(labels_.empty() ? "" : ",").append(label.name).append("=\"");
            append_escaped(labels_, label.value, true);
            labels_ += '"';
        }
        slots_ = exemplars_ == nullptr ? nullptr : exemplars_->exemplars(family_.name, metric.label);
        switch (family_.type) {
            case prometheus::MetricType::Counter: return sample(metric.counter.value, slots_);
            case prometheus::MetricType::Gauge: return sample(metric.gauge.value);
            case prometheus::MetricType::Untyped: return sample(metric.untyped.value);
            case prometheus::MetricType::Histogram: return histogram(metric.histogram);
            case prometheus::MetricType::Summary: return summary(metric.summary);
        }
    }

private:
    void help(std::string_view name) {
        out_.append("# HELP ").append(name) += ' ';
        append_escaped(out_, family_.help, format_ == TextFormat::openmetrics);
        out_ += '\n';
    }
    void begin(std::string_view suffix) {
        out_.append(family_.name).append(suffix);
        if (!labels_.empty()) out_.append("{").append(labels_).append("}");
        out_ += ' ';
    }
    void begin(std::string_view suffix, std::string_view label, double value) {
        out_.append(family_.name).append(suffix).append("{").append(labels_);
        out_.append(labels_.empty() ? "" : ",").append(label).append("=\"");
        append_bound(out_, value);
        out_ += "\"} ";
    }
    void end(const ExemplarSlot* slot) {
        if (slot != nullptr)
            if (const auto exemplar = slot->read()) append_exemplar(out_, *exemplar);
        out_ += '\n';
    }
    void sample(double value, const ExemplarSlot* slot = nullptr, std::string_view suffix = {}) {
        begin(suffix);
        append_number(out_, value);
        end(slot);
    }
    void count(std::uint64_t value) {
        begin("_count");
        append_integer(out_, value);
        out_ += '\n';
    }
    void histogram(const prometheus::ClientMetric::Histogram& histogram) {
        for (std::size_t i = 0; i < histogram.bucket.size(); ++i) {
            begin("_bucket", "le", histogram.bucket[i].upper_bound);
            append_integer(out_, histogram.bucket[i].cumulative_count);
            end(slots_ == nullptr ? nullptr : slots_ + i);
        }
        sample(histogram.sample_sum, nullptr, "_sum");
        count(histogram.sample_count);
    }
    void summary(const prometheus::ClientMetric::Summary& summary) {
        for (const auto& quantile : summary.quantile) {
            begin("", "quantile", quantile.quantile);
            append_number(out_, quantile.value);
            out_ += '\n';
        }
        sample(summary.sample_sum, nullptr, "_sum");
        count(summary.sample_count);
    }

    std::string& out_;
    const prometheus::MetricFamily& family_;
    const TextFormat format_;
    const ExemplarSource* const exemplars_;
    std::string labels_;                   // of the metric that is written, without braces
    const ExemplarSlot* slots_ = nullptr;  // of the same
};

}  // namespace

std::string_view unit_of(std::string_view name) noexcept {
    if (name.ends_with("_total")) name.remove_suffix(6);
    for (const std::string_view unit : {"seconds", "bytes"})
        if (name.ends_with(unit) && name.size() > unit.size() && name[name.size() - unit.size() - 1] == '_')
            return unit;
    return {};
}

void append_number(std::string& out, double value) {
    if (append_special(out, value)) return;
    if (value == 0) value = 0;  // no negative zero
    // Fixed where Go's %g is fixed for small numbers, and further up than it: token counts should be legible.
    const double magnitude = std::fabs(value);
    const bool fixed = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e17);
    append_digits(out, value, fixed ? std::chars_format::fixed : std::chars_format::scientific);
}

void append_bound(std::string& out, double value) {
    if (append_special(out, value)) return;
    if (value == 0) value = 0;
    const double magnitude = std::fabs(value);
    const bool fixed = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e6);
    const std::size_t begin = out.size();
    append_digits(out, value, fixed ? std::chars_format::fixed : std::chars_format::scientific);
    if (fixed && out.find('.', begin) == std::string::npos) out += ".0";
}

void append_text(std::string& out, std::span<const prometheus::MetricFamily> families, TextFormat format,
                 const ExemplarSource* exemplars) {
    if (format == TextFormat::prometheus) exemplars = nullptr;  // it has no place for them
    for (const auto& family : families) {
        FamilyWriter writer(out, family, format, exemplars);
        for (const auto& metric : family.metric) writer.write(metric);
    }
    if (format == TextFormat::openmetrics) out += "# EOF\n";
}

}  // namespace tokenweir::metrics
