// What the decoders cost per event and per KiB, beside memchr over the same bytes as the floor.
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/content_decoder.hpp"
#include "parsers/request_scanner.hpp"
#include "parsers/sse_decoder.hpp"

namespace {

using namespace tokenweir::parsers;

/// A chat completions chunk as it is sent: 343 bytes with its blank line.
std::string chunk() {
    std::string text =
        R"(data: {"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion.chunk","created":1741569952,)"
        R"("model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_50cad350e4","choices":[{"index":0,)"
        R"("delta":{"content":" river"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x"})";
    text.insert(text.size() - 2, 341 - text.size(), 'p');
    return text + "\n\n";
}

void report(benchmark::State& state, std::size_t events, std::size_t bytes) {
    const auto rounds = static_cast<double>(state.iterations());
    if (events != 0)
        state.counters["per_event"] = benchmark::Counter(rounds * static_cast<double>(events),
                                                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    state.counters["per_KiB"] = benchmark::Counter(rounds * static_cast<double>(bytes) / 1024,
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void decode_events(benchmark::State& state, const std::vector<std::string_view>& pieces, std::size_t events) {
    SseDecoder decoder(std::size_t{8} << 20);
    std::size_t bytes = 0;
    for (const std::string_view piece : pieces) bytes += piece.size();
    for (auto _ : state) {
        std::size_t seen = 0;
        for (const std::string_view piece : pieces) {
            decoder.feed(piece);
            while (const auto event = decoder.next()) {
                benchmark::DoNotOptimize(event->data.data());
                ++seen;
            }
        }
        if (seen != events) state.SkipWithError("an event was missed");
    }
    report(state, events, bytes);
}

void sse_one_event_a_piece(benchmark::State& state) {
    const std::string text = chunk();
    decode_events(state, {text}, 1);
}

void sse_sixteen_events_a_piece(benchmark::State& state) {
    std::string text;
    for (int i = 0; i < 16; ++i) text += chunk();
    decode_events(state, {text}, 16);
}

void sse_crlf(benchmark::State& state) {
    std::string text = chunk();
    text.replace(text.size() - 2, 2, "\r\n\r\n");
    decode_events(state, {text}, 1);
}

void sse_events_across_pieces(benchmark::State& state) {
    const std::string text = chunk();
    const std::string_view view = text;
    decode_events(state, {view.substr(0, 200), view.substr(200)}, 1);
}

/// Text with a line end or a quotation about every forty bytes.
std::string prose(std::size_t size) {
    static constexpr std::string_view words[] = {"The weir ",
                                                 "holds nothing back, ",
                                                 "said the \\\"keeper\\\", ",
                                                 "it only reads ",
                                                 "what flows past.\\n",
                                                 "Water, ",
                                                 "stone and ",
                                                 "a ruler. "};
    std::string text;
    unsigned state = 12345;
    while (text.size() < size) {
        state = state * 1664525 + 1013904223;
        text += words[state >> 29];
    }
    return text;
}

std::string base64(std::size_t size) {
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text(size, '\0');
    unsigned state = 12345;
    for (char& c : text) {
        state = state * 1664525 + 1013904223;
        c = digits[state >> 26];
    }
    return text;
}

std::string chat_request(const std::string& content) {
    return R"({"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":")" + content +
           R"("}],"max_tokens":256,"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true}})";
}

void scan_request(benchmark::State& state, const std::string& body) {
    static constexpr WantedMembers names{"model",       "stream",     "stream_options", "max_tokens",
                                         "temperature", "messages[]", "tools[]"};
    constexpr std::size_t piece_bytes = 64 * 1024;
    for (auto _ : state) {
        RequestScanner scanner(names);
        for (std::size_t at = 0; at < body.size(); at += piece_bytes)
            scanner.feed(std::string_view(body).substr(at, piece_bytes));
        if (!scanner.member("model")) state.SkipWithError("no model");
    }
    report(state, 0, body.size());
}

void scan_short_request(benchmark::State& state) { scan_request(state, chat_request("Hello!")); }
void scan_100_KB_of_prose(benchmark::State& state) { scan_request(state, chat_request(prose(100'000))); }
void scan_5_MB_of_base64(benchmark::State& state) { scan_request(state, chat_request(base64(5'000'000))); }

void scan_100_KB_of_tool_schemas(benchmark::State& state) {
    std::string tools;
    while (tools.size() < 100'000)
        tools +=
            R"({"type":"function","function":{"name":"read","description":"Read it.","parameters":{"type":"object",)"
            R"("properties":{"path":{"type":"string"},"lines":{"type":"integer"}},"required":["path"]}}},)";
    scan_request(state, R"({"tools":[)" + tools + R"({}],"model":"gpt-4o"})");
}

void memchr_5_MB_of_base64(benchmark::State& state) {
    const std::string body = base64(5'000'000);
    for (auto _ : state) benchmark::DoNotOptimize(std::memchr(body.data(), '"', body.size()));
    report(state, 0, body.size());
}

/// Each event flushed by itself, as a server does that compresses a stream.
void gzip_stream(benchmark::State& state) {
    constexpr int events = 200;
    std::vector<std::string> pieces;
    std::size_t bytes = 0;
    z_stream coder{};
    deflateInit2(&coder, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
    for (int i = 0; i < events; ++i) {
        std::string event = chunk();
        std::string coded(2048, '\0');
        coder.next_in = reinterpret_cast<Bytef*>(event.data());
        coder.avail_in = static_cast<uInt>(event.size());
        coder.next_out = reinterpret_cast<Bytef*>(coded.data());
        coder.avail_out = static_cast<uInt>(coded.size());
        deflate(&coder, Z_SYNC_FLUSH);
        coded.resize(coded.size() - coder.avail_out);
        bytes += event.size();
        pieces.push_back(coded);
    }
    deflateEnd(&coder);

    for (auto _ : state) {
        bool known = false;
        const auto decoder =
            ContentDecoder::make("gzip", {.max_output_bytes = std::size_t{64} << 20, .max_ratio = 200}, known);
        std::size_t seen = 0;
        for (const std::string& piece : pieces)
            decoder->feed(piece, [&](std::string_view block) { seen += block.size(); });
        if (seen != bytes) state.SkipWithError("bytes were missed");
    }
    report(state, events, bytes);
}

BENCHMARK(sse_one_event_a_piece);
BENCHMARK(sse_sixteen_events_a_piece);
BENCHMARK(sse_crlf);
BENCHMARK(sse_events_across_pieces);
BENCHMARK(scan_short_request);
BENCHMARK(scan_100_KB_of_prose);
BENCHMARK(scan_100_KB_of_tool_schemas);
BENCHMARK(scan_5_MB_of_base64);
BENCHMARK(memchr_5_MB_of_base64);
BENCHMARK(gzip_stream);

}  // namespace
