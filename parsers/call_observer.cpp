#include "parsers/call_observer.hpp"

#include <algorithm>
#include <utility>

#include "parsers/api.hpp"
#include "parsers/content_tap.hpp"
#include "parsers/credential.hpp"
#include "parsers/provider.hpp"
#include "parsers/quota.hpp"
#include "parsers/request_fields.hpp"
#include "parsers/request_path.hpp"
#include "parsers/request_tap.hpp"
#include "parsers/response_tap.hpp"
#include "parsers/verdict.hpp"

namespace tokenweir::parsers {

struct CallObserver::State {
    Api api;
    SharedPath shared = SharedPath::no;
    std::unique_ptr<ContentTap> content;  // none: nobody wants to know what is said
    std::optional<RequestTap> request;    // until the request has ended
    std::optional<ResponseTap> response;
    bool head_only = false;
};

namespace {

bool has_usage(const TokenUsage& usage) noexcept {
    return usage.input || usage.output || usage.cache_read || usage.cache_creation || usage.reasoning;
}

}  // namespace

CallObserver::CallObserver(const ObserverOptions& options, LlmCall& call, CallId id, WallTime started_at,
                           Instant started) noexcept
    : options_(options), call_(call) {
    call_.id = id;
    call_.timings.started_at = started_at;
    call_.timings.started = started;
    call_.timings.ended = started;
    if (!options.decode) call_.decoding = Decoding::off;
}

CallObserver::~CallObserver() = default;

/// Nothing that goes wrong in here leaves: what is short of memory is not decoded further.
template <class Use>
void CallObserver::guarded(Use&& use) noexcept {
    try {
        use();
    } catch (...) {
        note(call_.decoding, Decoding::over_limit);
        if (!state_) return;
        state_->request.reset();
        state_->content.reset();
        if (state_->response) state_->response->give_up();
    }
}

void CallObserver::request_head(const ObservedRequest& request, const RouteFacts& route) noexcept {
    guarded([&] {
        call_.route = route.name;
        call_.server_address = route.server_address;
        call_.server_port = route.server_port;
        call_.client_address = request.client_address;
        call_.method = request.method;
        call_.path = path_of(request.target);
        const RequestFields fields(request.fields);
        call_.user_agent = fields[KnownField::user_agent];

        const bool upgrade = iequals(fields[KnownField::upgrade], "websocket");
        Classified classified = classify(request.method, request.forwarded_target, upgrade);
        call_.request_model = std::move(classified.model);
        call_.provider = route.provider;
        if (call_.provider.empty())
            call_.provider =
                recognise_provider({route.server_port, path_of(request.forwarded_target), classified.api.id, fields});
        state_ = std::make_unique<State>();
        state_->api = classified.api;
        state_->shared = classified.shared;
        state_->head_only = request.method == "HEAD";
        call_.api = classified.api.id;
        call_.operation = classified.api.operation;
        call_.generation = classified.api.generation;
        read_client(request.fields, options_.context, call_);
        if (options_.hash)
            if (const auto credential = find_credential(fields, request.target); !credential.empty())
                call_.api_key_hash = options_.hash(credential);
        const bool wanted = classified.api.generation || classified.shared != SharedPath::no;
        if (!options_.decode || !wanted) return;
        if (route.content != ContentCapture::off)
            state_->content = std::make_unique<ContentTap>(route.content, options_.content, options_.hash);
        state_->request.emplace(options_, fields[KnownField::content_encoding], state_->content.get());
    });
}

void CallObserver::request_piece(std::string_view payload) noexcept {
    call_.request_body_bytes += payload.size();
    if (!state_ || !state_->request) return;
    guarded([&] { state_->request->piece(payload); });
}

void CallObserver::request_end() noexcept {
    if (!state_ || !state_->request) return;
    guarded([&] {
        state_->request->close(state_->shared, state_->api, call_);
        state_->request.reset();
        call_.api = state_->api.id;
        call_.operation = state_->api.operation;
        call_.generation = state_->api.generation;
    });
}

void CallObserver::response_head(const ObservedResponse& response) noexcept {
    upstream_status_ = response.status;
    if (!state_) return;
    guarded([&] {
        const Timings& timings = call_.timings;
        const Duration waited = std::max(response.at - timings.started, Duration::zero());
        read_quotas(response.fields, timings.started_at + std::chrono::duration_cast<WallTime::duration>(waited),
                    call_.quotas);
        const bool bodyless = state_->head_only || response.status == 204 || response.status == 304;
        state_->response.emplace(options_, call_, response, state_->api, options_.decode, bodyless,
                                 state_->content.get());
    });
}

void CallObserver::response_piece(std::string_view payload, Instant at) noexcept {
    if (payload.empty()) return;
    call_.response_body_bytes += payload.size();
    if (!call_.timings.first_byte) call_.timings.first_byte = at;
    if (!state_ || !state_->response) return;
    guarded([&] { state_->response->piece(payload, at); });
}

const LlmCall& CallObserver::finish(EndCause cause, std::optional<int> status, Instant at) noexcept {
    request_end();
    call_.status = status;
    call_.timings.ended = at;
    EndFacts facts;
    facts.cause = cause;
    facts.upstream_status = upstream_status_;
    facts.sent_status = status;
    facts.output_seen = call_.response_body_bytes > 0;  // where there is no tap to tell
    guarded([&] {
        if (state_ && state_->response) state_->response->close(facts);
    });
    const Verdict verdict = judge(facts);
    call_.outcome = verdict.outcome;
    guarded([&] { call_.error_type = verdict.error_type; });
    if (has_usage(call_.usage)) {
        const bool final = state_->response->usage_is_final(call_.outcome == Outcome::ok);
        call_.usage.source = final ? UsageSource::reported : UsageSource::partial;
    }
    if (facts.error) {
        call_.provider_error_type = std::move(facts.error->type);
        call_.provider_error_code = std::move(facts.error->code);
    }
    guarded([&] {
        if (state_ && state_->content) call_.content = state_->content->finish(state_->api.dialect);
    });
    state_.reset();
    return call_;
}

}  // namespace tokenweir::parsers
