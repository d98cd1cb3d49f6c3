#include "tracing/propagation.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "observation/random.hpp"
#include "tracing/b3.hpp"
#include "tracing/signed_fields.hpp"
#include "tracing/traceparent.hpp"
#include "tracing/tracestate.hpp"

namespace tokenweir::tracing {
namespace {

template <std::size_t size>
void fill(std::array<std::uint8_t, size>& id, Random& random) noexcept {
    do {
        for (std::size_t i = 0; i < size; i += 8) {
            const std::uint64_t bits = random.next();
            for (std::size_t k = 0; k < 8; ++k) id[i + k] = static_cast<std::uint8_t>(bits >> (8 * k));
        }
    } while (id == std::array<std::uint8_t, size>{});  // all zeros means that there is none
}

/// More than one traceparent is as good as none. What tracestate says counts only beside a valid traceparent (§3.3).
std::optional<RemoteParent> w3c_parent(Fields fields, TraceContext& context) {
    const auto is_traceparent = [](const Field& field) { return iequals(field.name, "traceparent"); };
    const auto first = std::ranges::find_if(fields, is_traceparent);
    if (first == fields.end() || std::find_if(first + 1, fields.end(), is_traceparent) != fields.end())
        return std::nullopt;
    const auto parent = parse_traceparent(first->value);
    if (!parent) return std::nullopt;
    for (const Field& field : fields) {
        if (!iequals(field.name, "tracestate") || join_tracestate(context.tracestate, field.value)) continue;
        context.tracestate.clear();
        break;
    }
    shorten_tracestate(context.tracestate);
    return parent;
}

/// The one field wins over the several, if it is well-formed.
std::optional<RemoteParent> b3_parent(Fields fields) noexcept {
    if (const Field* single = find_field(fields, "b3"))
        if (const auto parent = parse_b3(single->value)) return parent;
    return parse_b3({.trace_id = field_value(fields, "x-b3-traceid"),
                     .span_id = field_value(fields, "x-b3-spanid"),
                     .sampled = field_value(fields, "x-b3-sampled"),
                     .flags = field_value(fields, "x-b3-flags")});
}

ContextGroup group_of(Propagator propagator) noexcept {
    switch (propagator) {
        case Propagator::tracecontext: return ContextGroup::w3c;
        case Propagator::baggage: return ContextGroup::baggage;
        case Propagator::b3: return ContextGroup::b3_single;
        case Propagator::b3multi: return ContextGroup::b3_multi;
    }
    return ContextGroup::none;
}

/// The groups of which an AWS signature covers a field, among the fields at `places`.
ContextGroups signed_groups(const UpstreamRequest& request, std::span<const std::size_t> places) noexcept {
    ContextGroups groups;
    const SignedFields signature(request.fields, request.target);
    for (const std::size_t i : places)
        if (signature.has(request.fields[i].name)) groups.add(context_group(request.fields[i].name));
    return groups;
}

bool may_know_trace(ContextForwarding forwarding) noexcept {
    return forwarding == ContextForwarding::trace || forwarding == ContextForwarding::all;
}

}  // namespace

Propagation::Propagation(const PropagationOptions& options, const SamplerOptions& sampler)
    : automatic_(!options.propagators), sampler_(sampler) {
    static const std::vector<Propagator> all{Propagator::tracecontext, Propagator::b3, Propagator::baggage};
    for (const Propagator propagator : options.propagators.value_or(all)) {
        const ContextGroup group = group_of(propagator);
        if (group != ContextGroup::baggage) read_.push_back(group);
        sent_.add(group);
    }
}

std::optional<RemoteParent> Propagation::parent_in(Fields fields, TraceContext& context) const {
    for (const ContextGroup group : read_) {
        const auto parent = group == ContextGroup::w3c ? w3c_parent(fields, context) : b3_parent(fields);
        if (parent) return parent;
    }
    return std::nullopt;
}

TraceContext Propagation::trace_of(Fields request_fields) const {
    thread_local Random random;
    TraceContext context;
    const bool found = std::ranges::any_of(
        request_fields, [](const Field& field) { return context_group(field.name) != ContextGroup::none; });
    const auto parent = found ? parent_in(request_fields, context) : std::nullopt;
    if (parent && parent->names_trace()) {
        context.trace_id = parent->trace_id;
        context.parent_span_id = parent->span_id;
        context.random = parent->random;
    } else {
        fill(context.trace_id, random);
        context.random = true;
    }
    context.debug = parent && parent->debug;
    fill(context.span_id, random);
    fill(context.server_span_id, random);
    sampler_.decide(context, parent ? &*parent : nullptr);
    return context;
}

void Propagation::decorate(const UpstreamRequest& request, HeadChanges& changes) const {
    if (request.forwarding == ContextForwarding::untouched) return;
    ContextGroups found, kept;
    for (std::size_t i = 0; i < request.fields.size(); ++i) {
        const ContextGroup group = context_group(request.fields[i].name);
        if (group == ContextGroup::none) continue;
        found.add(group);
        changes.dropped.push_back(i);
    }
    if (!found.empty()) {
        kept = signed_groups(request, changes.dropped);
        std::erase_if(changes.dropped, [&](std::size_t i) {
            const ContextGroup group = context_group(request.fields[i].name);
            return kept.has(group) || passes(group, request.forwarding);
        });
    }
    if (may_know_trace(request.forwarding)) add_lines(request, found, kept, changes.lines);
}

/// Whether the client's own fields go on, though no signature covers them.
bool Propagation::passes(ContextGroup group, ContextForwarding forwarding) const noexcept {
    if (group == ContextGroup::baggage) return forwarding == ContextForwarding::all && sent_.has(group);
    const auto is_read = [&](ContextGroup known) {
        return (known == ContextGroup::w3c) == (group == ContextGroup::w3c);
    };
    return may_know_trace(forwarding) && std::ranges::none_of(read_, is_read);  // a trace that we take no part in
}

void Propagation::add_lines(const UpstreamRequest& request, ContextGroups found, ContextGroups kept,
                            std::string& lines) const {
    const bool asked_for = found.has(ContextGroup::b3_single) || found.has(ContextGroup::b3_multi);
    const auto sends = [&](ContextGroup group) {
        if (kept.has(group)) return false;
        if (!automatic_) return sent_.has(group);
        return found.has(group) || (group == ContextGroup::w3c && !asked_for);
    };
    if (sends(ContextGroup::w3c)) {
        append_traceparent(lines.append("traceparent: "), request.trace);
        lines += "\r\n";
        if (!request.trace.tracestate.empty())
            lines.append("tracestate: ").append(request.trace.tracestate).append("\r\n");
    }
    if (sends(ContextGroup::b3_single)) {
        append_b3(lines.append("b3: "), request.trace);
        lines += "\r\n";
    }
    if (sends(ContextGroup::b3_multi)) append_b3_lines(lines, request.trace);
}

}  // namespace tokenweir::tracing
