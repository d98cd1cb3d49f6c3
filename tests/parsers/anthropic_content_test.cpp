// What was said in Messages calls, as the conventions have it.
#include <doctest/doctest.h>

#include "content.hpp"

using namespace tokenweir;
using namespace tokenweir::test;

namespace {

constexpr const char* path = "/v1/messages";

}  // namespace

TEST_SUITE("anthropic content") {
    TEST_CASE("a conversation with instructions, pictures and tools, as it was sent") {
        const CallContent content = content_of(told_with(
            R"({"model":"m","system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],
               "messages":[{"role":"user","content":[
                 {"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGVsbG8="}},
                 {"type":"document","source":{"type":"url","url":"https://x.example/a.pdf"}},
                 {"type":"text","text":"What is this?"}]},
               {"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"x"},
                 {"type":"tool_use","id":"t1","name":"look","input":{"at": [1, "a\u0040b"]}},
                 {"type":"server_tool_use","id":"s1","name":"web_search","input":{"query":"x"}}]},
               {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"a cat"}]},
                 {"type":"tool_result","tool_use_id":"t2","content":"a dog"}]}],
               "tools":[{"name":"look","input_schema":{}},{"type":"web_search_20250305","name":"web_search"}]})",
            {}, path));
        CHECK(content.system_instructions == R"([{"type":"text","content":"Be brief."}])");
        CHECK(
            content.input_messages ==
            R"([{"role":"user","parts":[{"type":"blob","modality":"image","mime_type":"image/png","size":5,)"
            R"("sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},)"
            R"({"type":"uri","modality":"document","uri":"https://x.example/a.pdf"},{"type":"text","content":"What is this?"}]},)"
            R"({"role":"assistant","parts":[{"type":"reasoning","content":"Hm"},)"
            R"({"type":"tool_call","id":"t1","name":"look","arguments":{"at":[1,"a@b"]}},)"
            R"({"type":"server_tool_call","id":"s1","name":"web_search","server_tool_call":{"type":"web_search","arguments":{"query":"x"}}}]},)"
            R"({"role":"user","parts":[{"type":"tool_call_response","id":"t1","response":[{"type":"text","content":"a cat"}]},)"
            R"({"type":"tool_call_response","id":"t2","response":"a dog"}]}])");
        CHECK(content.tool_definitions.find(R"({"type":"web_search_20250305","name":"web_search","size":)") !=
              std::string::npos);
    }

    TEST_CASE("instructions and content may be plain strings") {
        const CallContent content =
            content_of(told_with(R"({"system":"Be brief.","messages":[{"role":"user","content":"Hi"}]})", {}, path));
        CHECK(content.system_instructions == R"([{"type":"text","content":"Be brief."}])");
        CHECK(content.input_messages == R"([{"role":"user","parts":[{"type":"text","content":"Hi"}]}])");
    }

    TEST_CASE("a stream is put together, block by block") {
        const Told told = told_with(
            R"({"stream":true})",
            {R"({"type":"message_start","message":{"id":"m","role":"assistant","content":[],"usage":{"input_tokens":1}}})",
             R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}})",
             R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}})",
             R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})",
             R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Let me "}})",
             R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"look."}})",
             R"({"type":"content_block_start","index":2,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}})",
             R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"query\":\"x\"}"}})",
             R"({"type":"content_block_start","index":3,"content_block":{"type":"web_search_tool_result","tool_use_id":"s","content":[]}})",
             R"({"type":"content_block_start","index":4,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})",
             R"({"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}})",
             R"({"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":":1}"}})",
             R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}})",
             R"({"type":"message_stop"})"},
            path);
        CHECK(
            content_of(told).output_messages ==
            R"([{"role":"assistant","parts":[{"type":"reasoning","content":"Hm"},{"type":"text","content":"Let me look."},)"
            R"({"type":"server_tool_call","id":"s","name":"web_search","server_tool_call":{"type":"web_search","arguments":{"query":"x"}}},)"
            R"({"type":"web_search_tool_result"},{"type":"tool_call","id":"t","name":"f","arguments":{"a":1}}],)"
            R"("finish_reason":"tool_call"}])");
    }

    TEST_CASE("a whole answer reads as its stream does") {
        CHECK(content_of(
                  answered_with(
                      R"({"id":"m","role":"assistant","content":[{"type":"text","text":"Hi"},)"
                      R"({"type":"tool_use","id":"t","name":"f","input":{"a": {"b":null}}}],"stop_reason":"end_turn"})",
                      path))
                  .output_messages ==
              R"([{"role":"assistant","parts":[{"type":"text","content":"Hi"},)"
              R"({"type":"tool_call","id":"t","name":"f","arguments":{"a":{"b":null}}}],"finish_reason":"stop"}])");
    }
}
