// What was said in Chat Completions calls, as the conventions have it.
#include <doctest/doctest.h>

#include "content.hpp"

using namespace tokenweir;
using namespace tokenweir::test;

TEST_SUITE("openai chat content") {
    TEST_CASE("a conversation with tools, as it was sent") {
        const CallContent content = content_of(told_with(
            R"({"model":"m", "messages":[{"role":"system","content":"Be brief."},
               {"role":"user","content":"Rain in \"Paris\"?","name":"ada"},
               {"role":"assistant","content":null,"tool_calls":[
                 {"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\": \"Paris\"}"}}]},
               {"role":"tool","tool_call_id":"call_1","content":"wet"},
               {"content":"Yes.","reasoning_content":"It is wet.","role":"assistant"}],
               "tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}]})"));
        CHECK(
            content.input_messages ==
            R"([{"role":"system","parts":[{"type":"text","content":"Be brief."}]},)"
            R"({"role":"user","parts":[{"type":"text","content":"Rain in \"Paris\"?"}]},)"
            R"({"role":"assistant","parts":[{"type":"tool_call","id":"call_1","name":"weather","arguments":{"city":"Paris"}}]},)"
            R"({"role":"tool","parts":[{"type":"tool_call_response","id":"call_1","response":"wet"}]},)"
            R"({"role":"assistant","parts":[{"type":"text","content":"Yes."},{"type":"reasoning","content":"It is wet."}]}])");
        CHECK(content.tool_definitions.starts_with(R"([{"type":"function","name":"weather","size":)"));
        CHECK(content.system_instructions.empty());
        CHECK_FALSE(content.truncated());
    }

    TEST_CASE("lists of content: what is no text is told by its hash and size") {
        const CallContent content = content_of(told_with(
            R"({"messages":[{"role":"user","content":[{"type":"text","text":"See"},
               {"type":"image_url","image_url":{"url":"data:image/png;base64,aGVsbG8="}},
               {"type":"image_url","image_url":{"url":"https://x.example/a.png"}},
               {"type":"input_audio","input_audio":{"data":"aGVsbG8=","format":"wav"}},
               {"type":"file","file":{"file_id":"file-1"}},
               {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,aGVsbG8="}},
               {"type":"novel","novel":1}]}]})"));
        const std::string hello =
            R"("size":5,"sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"})";
        CHECK(content.input_messages == R"([{"role":"user","parts":[{"type":"text","content":"See"},)"
                                        R"({"type":"blob","modality":"image","mime_type":"image/png",)" +
                                            hello +
                                            R"(,{"type":"uri","modality":"image","uri":"https://x.example/a.png"},)"
                                            R"({"type":"blob","modality":"audio","mime_type":"audio/wav",)" +
                                            hello +
                                            R"(,{"type":"file","modality":"document","file_id":"file-1"},)"
                                            R"({"type":"blob","modality":"document","mime_type":"application/pdf",)" +
                                            hello + R"(,{"type":"novel"}]}])");
    }

    TEST_CASE("a character that two events share is put together, and a byte that is no UTF-8 costs no other") {
        const CallContent streamed = content_of(told_with(
            "{}",
            {"{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Gr\xC3\"}}]}",
             "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\xBC\xC3\x9F e\"},\"finish_reason\":\"stop\"}]}"}));
        CHECK(streamed.output_messages ==
              "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Gr\xC3\xBC\xC3\x9F "
              "e\"}],\"finish_reason\":\"stop\"}]");
        const CallContent whole =
            content_of(answered_with("{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Gr\xC3\xBC\xC3\x9F "
                                     "e\xFF\"},\"finish_reason\":\"stop\"}]}"));
        CHECK(whole.output_messages ==
              "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Gr\xC3\xBC\xC3\x9F "
              "e\xEF\xBF\xBD\"}],\"finish_reason\":\"stop\"}]");
    }

    TEST_CASE("a stream is put together, choice by choice") {
        const Told told = told_with(
            R"({"stream":true})",
            {R"({"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})",
             R"({"choices":[{"delta":{"content":"He"},"index":1}]})",
             R"({"choices":[{"index":0,"delta":{"reasoning_content":"Hm"}}]})",
             R"({"choices":[{"index":0,"delta":{"content":"Y\ud83d"}},{"index":1,"delta":{"content":"llo"}}]})",
             R"({"choices":[{"index":0,"delta":{"content":"\ude00es"},"finish_reason":null}]})",
             R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"},{"index":1,"delta":{},"finish_reason":"length"}]})",
             "[DONE]"});
        CHECK(
            content_of(told).output_messages ==
            R"([{"role":"assistant","parts":[{"type":"reasoning","content":"Hm"},{"type":"text","content":"Y😀es"}],"finish_reason":"stop"},)"
            R"({"role":"assistant","parts":[{"type":"text","content":"Hello"}],"finish_reason":"length"}])");
    }

    TEST_CASE("tool calls in fragments, a refusal, and a stream that was cut") {
        const Told told = told_with(
            R"({"stream":true})",
            {R"({"choices":[{"index":0,"delta":{"refusal":"I can"}}]})",
             R"({"choices":[{"index":0,"delta":{"refusal":"not."}}]})",
             R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}}]})",
             R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]}}]})",
             R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"[1"}}]}}]})",
             R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1.50}"}}]}}]})"});
        CHECK(content_of(told).output_messages ==
              R"([{"role":"assistant","parts":[{"type":"refusal","content":"I cannot."},)"
              R"({"type":"tool_call","id":"a","name":"f","arguments":{"x":1.50}},)"
              R"({"type":"tool_call","id":"b","name":"g","arguments":"[1"}],"finish_reason":"error"}])");
    }

    TEST_CASE("a whole answer reads as its stream does") {
        CHECK(
            content_of(
                answered_with(
                    R"({"choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"Hm",)"
                    R"("audio":{"data":"aGVsbG8=","transcript":"Hello"},)"
                    R"("tool_calls":[{"id":"a","function":{"name":"f","arguments":{"x":[]}}}]}}]})"))
                .output_messages ==
            R"([{"role":"assistant","parts":[{"type":"text","content":"HmHello"},)"
            R"({"type":"blob","modality":"audio","size":5,"sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},)"
            R"({"type":"tool_call","id":"a","name":"f","arguments":{"x":[]}}],"finish_reason":"tool_call"}])");
    }
}
