// Against the vectors of FIPS 180-4 and RFC 4231.
#include "parsers/digest.hpp"

#include <doctest/doctest.h>

using namespace tokenweir::parsers;

namespace {

std::string sha256(std::initializer_list<std::string_view> pieces) {
    Sha256 hash;
    for (const std::string_view piece : pieces) hash.add(piece);
    return to_hex(hash.finish());
}

}  // namespace

TEST_SUITE("digest") {
    TEST_CASE("SHA-256 of nothing, of three bytes, and of a million") {
        CHECK(sha256({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        CHECK(sha256({"abc"}) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        CHECK(sha256({std::string(1'000'000, 'a')}) ==
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }

    TEST_CASE("pieces hash as the whole does") { CHECK(sha256({"a", "", "bc"}) == sha256({"abc"})); }

    TEST_CASE("a keyed hash is HMAC-SHA256, cut to 128 bits") {
        CHECK(KeyedHash("Jefe")("what do ya want for nothing?") == "5bdcc146bf60754e6a042426089575c7");
        CHECK(KeyedHash(std::string(20, '\x0b'))("Hi There") == "b0344c61d8db38535ca8afceaf0bf12b");
        const KeyedHash longer(std::string(131, '\xaa'));
        CHECK(longer("Test Using Larger Than Block-Size Key - Hash Key First") == "60e431591ee0b67f0d8a26aacbf5b77f");
    }

    TEST_CASE("a text in pieces has the same keyed hash") {
        const KeyedHash hash("secret");
        Sha256 text = hash.begin();
        text.add("one ");
        text.add("two");
        CHECK(hash.finish(text) == hash("one two"));
    }

    TEST_CASE("another secret gives another hash") { CHECK(KeyedHash("a")("key") != KeyedHash("b")("key")); }
}
