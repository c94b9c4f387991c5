// SPDX-License-Identifier: MIT
#include "om/base/crypto.h"

#include <gtest/gtest.h>

namespace om::crypto {
namespace {

TEST(CryptoTest, HashesMatchKnownAnswers) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  // RFC 4231 case 2, RFC 2202 case 2.
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha1("Jefe", "what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST(CryptoTest, HashInPiecesEqualsHashAtOnce) {
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  EXPECT_EQ(hash.finish(), sha256("abc"));
}

TEST(CryptoTest, Base64RoundTripsEveryLength) {
  for (std::size_t size = 0; size < 70; ++size) {
    const std::string bytes = random_bytes(size);
    EXPECT_EQ(from_base64(base64(bytes)), bytes) << size;
    EXPECT_EQ(from_hex(hex(bytes)), bytes) << size;
  }
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64url("\xff\xfe\xfd\xfc"), "__79_A");
}

TEST(CryptoTest, Base64RefusesWhatItWouldNotWrite) {
  EXPECT_FALSE(from_base64("Zm9v YmE="));
  EXPECT_FALSE(from_base64("A"));
  EXPECT_FALSE(from_base64("AB"));  // bits left over
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("zz"));
}

TEST(CryptoTest, SealedValueOpensOnlyWithItsKeyAndContext) {
  const std::string key(32, 'k');
  const std::string sealed = seal(key, "credential:web", "the private key");
  const Result<Secret> opened = open_sealed(key, "credential:web", sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal(), "the private key");
  EXPECT_FALSE(open_sealed(std::string(32, 'x'), "credential:web", sealed));
  EXPECT_FALSE(open_sealed(key, "credential:db", sealed));
  EXPECT_FALSE(open_sealed(key, "credential:web", sealed.substr(0, 27)));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string flipped = sealed;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(open_sealed(key, "credential:web", flipped)) << "bit of byte " << i;
  }
  EXPECT_NE(seal(key, "c", "same"), seal(key, "c", "same"));
}

TEST(CryptoTest, PasswordMatchesOnlyItself) {
  const std::string stored = hash_password("correct horse");
  EXPECT_EQ(stored.rfind("scrypt$15$8$1$", 0), 0U);
  EXPECT_TRUE(password_matches("correct horse", stored));
  EXPECT_FALSE(password_matches("correct horsE", stored));
  EXPECT_FALSE(password_matches("", stored));
  EXPECT_FALSE(password_matches("anything", ""));
  EXPECT_FALSE(password_matches("anything", "scrypt$15$8$1$$"));
}

TEST(CryptoTest, ConstantTimeCompareLooksAtLengthToo) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "abcd"));
}

}  // namespace
}  // namespace om::crypto
