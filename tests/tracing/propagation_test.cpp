#include "tracing/propagation.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tokenweir::tracing {
namespace {

const std::string trace_id = "0af7651916cd43dd8448eb211c80319c", span_id = "b7ad6b7169203331";
const std::string parent = "00-" + trace_id + "-" + span_id + "-01";
const std::string upper = "0AF7651916CD43DD8448EB211C80319C";

/// Fields that own what they say.
using Texts = std::vector<std::pair<std::string, std::string>>;

std::vector<Field> views(const Texts& fields) {
    std::vector<Field> out;
    for (const auto& [name, value] : fields) out.push_back({name, value});
    return out;
}

template <class Id>
std::string hex(const Id& id) {
    const auto text = to_hex(id);
    return {text.begin(), text.end()};
}

/// "continued 10" is a trace that goes on, sampled, its id not random; "new 01d" one that begins, unsampled, random,
/// for debugging. A tracestate stands behind it.
std::string said(const TraceContext& context) {
    CHECK(context.span_id != SpanId{});
    CHECK(context.server_span_id != SpanId{});
    CHECK(context.span_id != context.server_span_id);
    std::string text = "new";
    if (context.has_parent()) {
        text = hex(context.trace_id) == trace_id ? "continued" : hex(context.trace_id);
        CHECK(hex(context.parent_span_id) == span_id);
    }
    text.append(context.sampled ? " 1" : " 0").append(context.random ? "1" : "0").append(context.debug ? "d" : "");
    return context.tracestate.empty() ? text : text + " " + context.tracestate;
}

std::string read(const Texts& fields, const Propagation& propagation = Propagation()) {
    return said(propagation.trace_of(views(fields)));
}

/// What an upstream gets: the client's fields that are left, then ours, with the ids of the call as T and S.
std::string passed(const Texts& texts, ContextForwarding forwarding, const Propagation& propagation = Propagation(),
                   std::string_view target = "/v1") {
    const std::vector<Field> fields = views(texts);
    const TraceContext trace = propagation.trace_of(fields);
    HeadChanges changes;
    propagation.decorate({.fields = fields, .target = target, .trace = trace, .forwarding = forwarding}, changes);
    std::string text;
    for (std::size_t i = 0; i < fields.size(); ++i)
        if (std::ranges::find(changes.dropped, i) == changes.dropped.end())
            text.append(fields[i].name).append(": ").append(fields[i].value).append("|");
    for (std::string_view lines = changes.lines; !lines.empty(); lines.remove_prefix(lines.find("\r\n") + 2))
        text.append(lines.substr(0, lines.find("\r\n"))).append("|");
    for (const auto& [id, letter] : {std::pair{hex(trace.trace_id), "T"}, std::pair{hex(trace.span_id), "S"}})
        for (std::size_t at; (at = text.find(id)) != std::string::npos;) text.replace(at, id.size(), letter);
    return text;
}

SamplerOptions sampling(SamplerOptions::Root root, double ratio, bool parent_based) {
    return {.parent_based = parent_based, .root = root, .ratio = ratio};
}

PropagationOptions speaking(std::vector<Propagator> propagators) { return {.propagators = std::move(propagators)}; }

TEST_SUITE("propagation") {
    TEST_CASE("reads what clients say of their trace") {
        const std::string longer = "cc-" + trace_id + "-" + span_id + "-01-what";
        const std::string single = trace_id + "-" + span_id;
        const struct {
            const char* what;
            Texts fields;
            std::string expected;
        } rows[] = {
            // W3C Trace Context
            {"nothing", {}, "new 11"},
            {"traceparent", {{"traceparent", parent}}, "continued 10"},
            {"in another case", {{"TraceParent", parent}}, "continued 10"},
            {"of a later version", {{"traceparent", longer}}, "continued 10"},
            {"twice", {{"traceparent", parent}, {"x", "y"}, {"Traceparent", parent}}, "new 11"},
            {"malformed", {{"traceparent", "00-0"}}, "new 11"},
            {"tracestate alone", {{"tracestate", "a=1"}}, "new 11"},
            {"tracestate beside a malformed traceparent", {{"traceparent", "00-0"}, {"tracestate", "a=1"}}, "new 11"},
            {"both", {{"tracestate", "a=1 ,b=2"}, {"traceparent", parent}}, "continued 10 a=1,b=2"},
            {"several tracestate fields",
             {{"traceparent", parent}, {"tracestate", "a=1"}, {"Tracestate", "b=2"}},
             "continued 10 a=1,b=2"},
            {"malformed tracestate",
             {{"traceparent", parent}, {"tracestate", "a=1"}, {"tracestate", "B"}},
             "continued 10"},
            {"empty tracestate", {{"traceparent", parent}, {"tracestate", ""}}, "continued 10"},
            // B3, one field
            {"b3 without state", {{"b3", single}}, "continued 10"},
            {"b3 accepted", {{"B3", single + "-1"}}, "continued 10"},
            {"b3 denied", {{"b3", single + "-0"}}, "continued 00"},
            {"b3 debug", {{"b3", single + "-d"}}, "continued 10d"},
            {"b3 with a parent's parent", {{"b3", single + "-1-0000000000000001"}}, "continued 10"},
            {"b3 with 64 bits", {{"b3", "8448eb211c80319c-" + span_id}}, "00000000000000008448eb211c80319c 10"},
            {"b3 is a lone denial", {{"b3", "0"}}, "new 01"},
            {"b3 is a lone acceptance", {{"b3", "1"}}, "new 11"},
            {"b3 is a lone d", {{"b3", "d"}}, "new 11d"},
            {"b3 empty", {{"b3", ""}}, "new 11"},
            {"b3 a dash", {{"b3", "-"}}, "new 11"},
            {"b3 in upper case", {{"b3", upper + "-" + span_id}}, "new 11"},
            {"b3 with a state that is none", {{"b3", single + "-2"}}, "new 11"},
            {"b3 with a bad parent's parent", {{"b3", single + "-1-xyz"}}, "new 11"},
            {"b3 with an end behind its end", {{"b3", single + "-1-0000000000000001-"}}, "new 11"},
            {"b3 of zeros", {{"b3", std::string(32, '0') + "-" + span_id}}, "new 11"},
            // B3, several fields
            {"x-b3", {{"X-B3-TraceId", trace_id}, {"X-B3-SpanId", span_id}, {"X-B3-Sampled", "1"}}, "continued 10"},
            {"x-b3 denied",
             {{"x-b3-traceid", trace_id}, {"x-b3-spanid", span_id}, {"x-b3-sampled", "0"}},
             "continued 00"},
            {"x-b3 denied in words",
             {{"x-b3-traceid", trace_id}, {"x-b3-spanid", span_id}, {"x-b3-sampled", "False"}},
             "continued 00"},
            {"x-b3 without state", {{"x-b3-traceid", trace_id}, {"x-b3-spanid", span_id}}, "continued 10"},
            {"x-b3 debug",
             {{"x-b3-traceid", trace_id}, {"x-b3-spanid", span_id}, {"x-b3-flags", "1"}},
             "continued 10d"},
            {"x-b3 with a parent's parent",
             {{"x-b3-traceid", trace_id}, {"x-b3-spanid", span_id}, {"x-b3-parentspanid", "1"}},
             "continued 10"},
            {"x-b3 is a lone denial", {{"x-b3-sampled", "0"}}, "new 01"},
            {"x-b3 without a span", {{"x-b3-traceid", trace_id}}, "new 11"},
            {"x-b3 twice: the first counts",
             {{"x-b3-traceid", trace_id}, {"x-b3-spanid", span_id}, {"x-b3-traceid", upper}},
             "continued 10"},
            {"one field before several", {{"x-b3-sampled", "1"}, {"b3", "0"}}, "new 01"},
            {"several where the one is malformed", {{"x-b3-sampled", "0"}, {"b3", "x"}}, "new 01"},
            // both
            {"W3C before B3", {{"b3", "0"}, {"traceparent", parent}}, "continued 10"},
            {"B3 where W3C is malformed", {{"b3", "0"}, {"traceparent", "x"}, {"tracestate", "a=1"}}, "new 01"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.what);
            CHECK(read(row.fields) == row.expected);
        }
    }

    TEST_CASE("tells upstreams what they may know") {
        const Texts w3c{{"Accept", "*"}, {"Traceparent", parent}, {"tracestate", "a=1"}, {"tracestate", "b=2"}};
        const Texts multi{{"X-B3-TraceId", trace_id},
                          {"X-B3-SpanId", span_id},
                          {"X-B3-ParentSpanId", span_id},
                          {"X-B3-Sampled", "0"}};
        const Texts baggage{{"Baggage", "user=1"}, {"x", "y"}, {"baggage", "session=2"}};
        const auto none = ContextForwarding::none, trace = ContextForwarding::trace, all = ContextForwarding::all,
                   untouched = ContextForwarding::untouched;
        const struct {
            const char* what;
            Texts fields;
            ContextForwarding forwarding;
            std::string expected;
        } rows[] = {
            {"nothing there, nothing said", {{"x", "y"}}, none, "x: y|"},
            {"nothing there", {{"x", "y"}}, trace, "x: y|traceparent: 00-T-S-03|"},
            {"W3C", w3c, trace, "Accept: *|traceparent: 00-T-S-01|tracestate: a=1,b=2|"},
            {"W3C, nothing said", w3c, none, "Accept: *|"},
            {"W3C, malformed", {{"traceparent", "x"}, {"tracestate", "a=1"}}, trace, "traceparent: 00-T-S-03|"},
            {"B3 in one field", {{"b3", trace_id + "-" + span_id + "-1-" + span_id}}, trace, "b3: T-S-1|"},
            {"B3 denied", {{"b3", "0"}}, trace, "b3: T-S-0|"},
            {"B3 for debugging", {{"b3", "d"}}, trace, "b3: T-S-d|"},
            {"B3, nothing said", {{"b3", "0"}}, none, ""},
            {"B3 in several fields", multi, trace, "X-B3-TraceId: T|X-B3-SpanId: S|X-B3-Sampled: 0|"},
            {"B3 in several fields, for debugging",
             {{"x-b3-flags", "1"}},
             trace,
             "X-B3-TraceId: T|X-B3-SpanId: S|X-B3-Flags: 1|"},
            {"B3 in several fields, nothing said", multi, none, ""},
            {"B3 beside W3C", {{"b3", "0"}, {"traceparent", parent}}, trace, "traceparent: 00-T-S-01|b3: T-S-1|"},
            {"baggage stays behind", baggage, trace, "x: y|traceparent: 00-T-S-03|"},
            {"baggage stays behind, nothing said", baggage, none, "x: y|"},
            {"baggage", baggage, all, "Baggage: user=1|x: y|baggage: session=2|traceparent: 00-T-S-03|"},
            {"untouched",
             {{"baggage", "x"}, {"b3", "?"}, {"traceparent", parent}},
             untouched,
             "baggage: x|b3: ?|traceparent: 00-T-" + span_id + "-01|"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.what);
            CHECK(passed(row.fields, row.forwarding) == row.expected);
        }
    }

    TEST_CASE("what a signature covers is never touched") {
        const auto signs = [](const std::string& names) { return std::pair{std::string("Authorization"), names}; };
        const std::string aws = "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=";
        const std::string covered = aws + "content-type;host;traceparent;x-b3-sampled, Signature=0f",
                          other = aws + "host, Signature=0f";
        const Texts fields{signs(covered),        {"tracestate", "a=1"}, {"TraceParent", "x"},
                           {"X-B3-Sampled", "0"}, {"b3", "0"},           {"baggage", "b=1"}};
        const std::string kept = "Authorization: " + covered + "|tracestate: a=1|TraceParent: x|X-B3-Sampled: 0|";
        CHECK(passed(fields, ContextForwarding::trace) == kept + "b3: T-S-0|");
        CHECK(passed(fields, ContextForwarding::none) == kept);
        CHECK(passed({signs(other), {"traceparent", "x"}}, ContextForwarding::none) == "Authorization: " + other + "|");
        const std::string bearer = "Bearer SignedHeaders=traceparent";
        CHECK(passed({signs(bearer), {"traceparent", "x"}}, ContextForwarding::none) ==
              "Authorization: " + bearer + "|");
        const Texts query_signed{{"baggage", "b=1"}, {"traceparent", "x"}};
        CHECK(passed(query_signed, ContextForwarding::none, Propagation(),
                     "/?X-Amz-SignedHeaders=host%3Bbaggage&x=1") == "baggage: b=1|");
    }

    TEST_CASE("configured propagators are read in their order, and all of them are sent") {
        const Texts both{{"traceparent", parent}, {"b3", "0"}, {"baggage", "b=1"}};
        const Propagation b3_first(speaking({Propagator::b3, Propagator::tracecontext}));
        CHECK(read(both, b3_first) == "new 01");
        CHECK(passed(both, ContextForwarding::all, b3_first) == "traceparent: 00-T-S-02|b3: T-S-0|");
        const Propagation multi(speaking({Propagator::b3multi, Propagator::baggage}));
        CHECK(read({{"b3", "0"}}, multi) == "new 01");
        CHECK(passed({{"b3", "0"}, {"baggage", "b=1"}}, ContextForwarding::all, multi) ==
              "baggage: b=1|X-B3-TraceId: T|X-B3-SpanId: S|X-B3-Sampled: 0|");
        CHECK(passed({{"b3", "0"}, {"baggage", "b=1"}}, ContextForwarding::trace, multi) ==
              "X-B3-TraceId: T|X-B3-SpanId: S|X-B3-Sampled: 0|");
    }

    TEST_CASE("a kind of trace that is not read is passed on, or taken away where nothing is said") {
        const Propagation none(speaking({})), w3c(speaking({Propagator::tracecontext}));
        CHECK(read({{"traceparent", parent}}, none) == "new 11");
        CHECK(passed({{"traceparent", "x"}, {"b3", "0"}}, ContextForwarding::trace, none) == "traceparent: x|b3: 0|");
        CHECK(passed({{"traceparent", "x"}, {"b3", "0"}}, ContextForwarding::none, none).empty());
        CHECK(passed({{"b3", "0"}}, ContextForwarding::trace, w3c) == "b3: 0|traceparent: 00-T-S-03|");
    }

    TEST_CASE("no two calls share an id") {
        std::set<std::string> ids;
        for (int i = 0; i < 100; ++i) {
            const TraceContext context = Propagation().trace_of({});
            CHECK(ids.insert(hex(context.trace_id)).second);
            CHECK(ids.insert(hex(context.span_id)).second);
            CHECK(ids.insert(hex(context.server_span_id)).second);
        }
    }
}

TEST_SUITE("sampler") {
    TEST_CASE("keeps a client's decision where it is parent-based, and decides itself where there is none") {
        using Root = SamplerOptions::Root;
        const Texts yes{{"traceparent", parent}}, no{{"traceparent", parent.substr(0, 53) + "00"}}, open{},
            deferred{{"b3", trace_id + "-" + span_id}}, debug{{"b3", trace_id + "-" + span_id + "-d"}};
        const struct {
            const char* what;
            SamplerOptions options;
            std::string expected;  // of yes, no, open, deferred, debug
        } rows[] = {
            {"parentbased_always_on", sampling(Root::always_on, 1, true), "10111"},
            {"parentbased_always_off", sampling(Root::always_off, 1, true), "10001"},
            {"parentbased_traceidratio 0", sampling(Root::ratio, 0, true), "10001"},
            {"parentbased_traceidratio 1", sampling(Root::ratio, 1, true), "10111"},
            {"always_on", sampling(Root::always_on, 1, false), "11111"},
            {"always_off", sampling(Root::always_off, 1, false), "00001"},
            {"traceidratio 0", sampling(Root::ratio, 0, false), "00001"},
            {"traceidratio 1", sampling(Root::ratio, 1, false), "11111"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.what);
            const Propagation propagation({}, row.options);
            std::string decided;
            for (const auto* fields : {&yes, &no, &open, &deferred, &debug})
                decided += propagation.trace_of(views(*fields)).sampled ? '1' : '0';
            CHECK(decided == row.expected);
        }
    }

    TEST_CASE("a ratio samples by a threshold on the trace's last 56 bits, or on its root's own random bits") {
        const Propagation quarter({}, sampling(SamplerOptions::Root::ratio, 0.25, false));
        const auto read_with = [&](const std::string& low_half, const char* state) {
            const std::string field = "00-0000000000000001" + low_half + "-" + span_id + "-00";
            return quarter.trace_of(views({{"traceparent", field}, {"tracestate", state}}));
        };
        CHECK(read_with("00c0000000000000", "").sampled);
        CHECK(read_with("00c0000000000000", "a=1").tracestate == "ot=th:c,a=1");
        CHECK_FALSE(read_with("ffbfffffffffffff", "a=1").sampled);
        CHECK(read_with("ffbfffffffffffff", "a=1").tracestate == "a=1");
        CHECK(read_with("ffbfffffffffffff", "ot=rv:c0000000000000").sampled);
        CHECK_FALSE(read_with("00c0000000000000", "ot=rv:bfffffffffffff").sampled);
    }

    TEST_CASE("of many traces that begin here a ratio keeps its share") {
        const Propagation tenth({}, sampling(SamplerOptions::Root::ratio, 0.1, true));
        int kept = 0;
        for (int i = 0; i < 10'000; ++i) kept += tenth.trace_of({}).sampled ? 1 : 0;
        CHECK(kept > 850);
        CHECK(kept < 1150);
    }
}

}  // namespace
}  // namespace tokenweir::tracing
