/// Reads one HTTP/1.1 response as it arrives and checks every byte of its body against the answer that was asked for.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "bench/wire.hpp"

namespace tokenweir::bench {

/// What a response is compared with.
struct Expectation {
    const Answers* answers;
    std::uint64_t tokens;  ///< 0: a document
    std::uint64_t prompt;  ///< bytes of the request body, which the upstream must have seen
};

class Response {
public:
    enum class State { under_way, complete, wrong };

    explicit Response(const Expectation& expected) : expected_(expected) {}

    /// Takes the next bytes. `on_token(stamp_ns)` is called for each token in them.
    template <class OnToken>
    State read(std::string_view piece, OnToken&& on_token) {
        while (!piece.empty() && stage_ != Stage::end && error_.empty()) {
            if (stage_ == Stage::payload) {
                const std::string_view payload = piece.substr(0, payload_left_);
                piece.remove_prefix(payload.size());
                check(payload, on_token);
                payload_left_ -= payload.size();
                if (payload_left_ == 0) stage_ = chunked_ ? Stage::chunk_end : Stage::end;
            } else {
                read_line(piece);
            }
        }
        if (error_.empty() && stage_ == Stage::end) {
            if (next_text() != nullptr || !partial_.empty()) error_ = "the body ended early";
            if (!piece.empty()) error_ = "bytes after the end";
        }
        if (!error_.empty()) return State::wrong;
        return stage_ == Stage::end ? State::complete : State::under_way;
    }

    bool has_begun() const noexcept { return stage_ != Stage::status || !line_.empty(); }
    bool closes() const noexcept { return closes_; }
    const std::string& error() const noexcept { return error_; }

private:
    enum class Stage { status, fields, payload, chunk_size, chunk_end, last_chunk_end, end };

    const Text* next_text() const noexcept { return expected_.answers->step(expected_.tokens, step_); }

    void read_line(std::string_view& piece) {
        const std::size_t newline = piece.find('\n');
        line_ += piece.substr(0, newline);
        if (newline == std::string_view::npos) return piece.remove_prefix(piece.size());
        piece.remove_prefix(newline + 1);
        if (!line_.empty() && line_.back() == '\r') line_.pop_back();
        take_line();
        line_.clear();
    }

    void take_line() {
        switch (stage_) {
            case Stage::status:
                if (line_.compare(0, 12, "HTTP/1.1 200") != 0) error_ = "status line: " + line_;
                stage_ = Stage::fields;
                return;
            case Stage::fields: return line_.empty() ? end_head() : take_field();
            case Stage::chunk_size:
                payload_left_ = number(line_, 16);
                stage_ = payload_left_ == 0 ? Stage::last_chunk_end : Stage::payload;
                return;
            case Stage::chunk_end:
            case Stage::last_chunk_end:
                if (!line_.empty()) error_ = "chunk framing: " + line_;
                stage_ = stage_ == Stage::chunk_end ? Stage::chunk_size : Stage::end;
                return;
            case Stage::payload:
            case Stage::end: return;
        }
    }

    void take_field() {
        const std::size_t colon = std::min(line_.find(':'), line_.size());
        std::transform(line_.begin(), line_.end(), line_.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        const std::string_view name = std::string_view{line_}.substr(0, colon);
        std::string_view value = std::string_view{line_}.substr(std::min(colon + 1, line_.size()));
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        if (name == "content-length") payload_left_ = number(value, 10);
        if (name == "transfer-encoding") chunked_ = value == "chunked";
        if (name == "connection") closes_ = value == "close";
    }

    void end_head() {
        if (!chunked_ && payload_left_ == 0) error_ = "neither a length nor chunks";
        stage_ = chunked_ ? Stage::chunk_size : Stage::payload;
    }

    std::uint64_t number(std::string_view digits, int base) {
        std::uint64_t value = 0;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), value, base).ec != std::errc{})
            error_ = "not a number: " + std::string(digits);
        return value;
    }

    /// The pieces of a proxy need not be the texts of the upstream: a text cut in two waits in partial_.
    template <class OnToken>
    void check(std::string_view payload, OnToken& on_token) {
        while (!payload.empty()) {
            const Text* text = next_text();
            if (text == nullptr) return void(error_ = "more body than was asked for");
            const std::size_t missing = text->size() - partial_.size();
            if (partial_.empty() && payload.size() >= missing) {
                check_text(*text, payload.substr(0, missing), on_token);
            } else {
                partial_ += payload.substr(0, missing);
                if (partial_.size() < text->size()) return;
                check_text(*text, partial_, on_token);
                partial_.clear();
            }
            if (!error_.empty()) return;
            payload.remove_prefix(missing);
        }
    }

    template <class OnToken>
    void check_text(const Text& text, std::string_view got, OnToken& on_token) {
        const bool is_token = expected_.tokens != 0 && step_ >= 1 && step_ <= expected_.tokens;
        Numbers numbers{.stamp = 0, .index = step_ - 1, .prompt = expected_.prompt, .completion = expected_.tokens};
        if (expected_.tokens == 0) numbers.completion = document_tokens;
        const Numbers wanted = numbers;
        if (!text.read(got, numbers) || numbers.index != wanted.index || numbers.prompt != wanted.prompt ||
            numbers.completion != wanted.completion) {
            error_ = "unexpected body: " + std::string(got);
            return;
        }
        ++step_;
        if (is_token) on_token(numbers.stamp);
    }

    Expectation expected_;
    Stage stage_ = Stage::status;
    bool chunked_ = false;
    bool closes_ = false;
    std::uint64_t payload_left_ = 0;
    std::uint64_t step_ = 0;
    std::string line_;
    std::string partial_;
    std::string error_;
};

}  // namespace tokenweir::bench
