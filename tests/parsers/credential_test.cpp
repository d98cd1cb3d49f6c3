// Where a request has its credential, and that only a hash of it is left.
#include "parsers/credential.hpp"

#include <doctest/doctest.h>

#include "observed.hpp"

using namespace tokenweir;
using namespace tokenweir::parsers;

namespace {

std::string_view credential(std::vector<Field> fields, std::string_view target = "/v1/models") {
    return find_credential(RequestFields(fields), target);
}

}  // namespace

TEST_SUITE("credential") {
    TEST_CASE("every place where a provider wants one is known") {
        CHECK(credential({{"Authorization", "Bearer sk-1"}}) == "sk-1");
        CHECK(credential({{"authorization", "Basic dTpw"}}) == "dTpw");
        CHECK(credential({{"authorization", "sk-1"}}) == "sk-1");
        CHECK(credential({{"X-Api-Key", "sk-ant-1"}}) == "sk-ant-1");
        CHECK(credential({{"api-key", "azure"}}) == "azure");
        CHECK(credential({{"x-goog-api-key", "AIza1"}}) == "AIza1");
        CHECK(credential({}, "/v1beta/models?alt=sse&key=AIza2&x=y") == "AIza2");
        CHECK(credential({{"Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.sk-2, beta"}}) == "sk-2");
    }

    TEST_CASE("of several the first counts") {
        CHECK(credential({{"x-api-key", "second"}, {"Authorization", "Bearer first"}}, "/?key=third") == "first");
        CHECK(credential({{"Authorization", "Bearer "}, {"x-api-key", "second"}}) == "second");
    }

    TEST_CASE("of an AWS signature it is what stays the same") {
        CHECK(credential({{"Authorization",
                           "AWS4-HMAC-SHA256 Credential=AKID/20261124/us-east-1/bedrock/aws4_request, "
                           "SignedHeaders=host, Signature=00ff"}}) == "AKID");
    }

    TEST_CASE("a request without one has none") {
        CHECK(credential({}).empty());
        CHECK(credential({{"Authorization", ""}, {"x-api-key", ""}}, "/?monkey=1&key").empty());
        CHECK(credential({{"Authorization", "AWS4-HMAC-SHA256 Signature=00ff"}}).empty());
    }

    TEST_CASE("the record has its keyed hash, and the same for one key in two places") {
        test::Told told;
        told.options.hash = KeyedHash("secret");
        told.request_fields = {{"Authorization", "Bearer sk-1"}};
        CHECK(test::observe(told).api_key_hash == KeyedHash("secret")("sk-1"));
        told.request_fields = {{"x-api-key", "sk-1"}};
        CHECK(test::observe(told).api_key_hash == KeyedHash("secret")("sk-1"));
        told.request_fields.clear();
        CHECK(test::observe(told).api_key_hash.empty());
    }
}
