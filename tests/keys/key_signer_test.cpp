// SPDX-License-Identifier: MIT
//
// The signer: what it offers, how it answers, and keys that come and go meanwhile.
#include "om/keys/key_signer.h"

#include <thread>

#include <gtest/gtest.h>

#include "peers/sshd_fixture.h"

#include "om/base/clock.h"
#include "om/event/reactor.h"

namespace om::keys {
namespace {

class KeySignerTest : public testing::Test {
 protected:
  PrivateKey new_key() {
    const std::string path = folder_.file("key" + std::to_string(++count_));
    return PrivateKey::parse(peers::read_file(peers::make_key(path, {}).private_path), Secret())
        .value();
  }
  /// What is stored is offered at once.
  Result<ssh::Offer> offer(const std::string& credential) {
    std::optional<Result<ssh::Offer>> answer;
    signer_.offer(*reactor_, credential,
                  [&answer](Result<ssh::Offer> result) { answer = std::move(result); });
    return answer.value_or(fail(Errc::internal, "test", "no answer"));
  }
  std::vector<std::shared_ptr<const ssh::Identity>> identities(const std::string& credential) {
    return offer(credential).value().identities;
  }
  /// Waits for one answer.
  Result<std::string> sign(const ssh::Identity& identity, const std::string& algorithm) {
    std::optional<Result<std::string>> answer;
    signer_.sign(*reactor_, identity, algorithm, "data",
                 [&answer](Result<std::string> result) { answer = std::move(result); });
    EXPECT_FALSE(answer) << "never before returning";
    for (int i = 0; i < 500 && !answer; ++i) reactor_->turn(std::chrono::milliseconds(20));
    return answer.value_or(fail(Errc::internal, "test", "no answer"));
  }

  peers::TemporaryFolder folder_;
  int count_ = 0;
  SystemClock clock_;
  std::unique_ptr<event::Reactor> reactor_ = event::Reactor::create(clock_).value();
  KeySigner signer_;
};

TEST_F(KeySignerTest, SignsAsTheKeyItselfDoes) {
  const PrivateKey key = new_key();
  const auto expected = key.sign("ssh-ed25519", "data");
  signer_.set("deploy", PrivateKey::from_pkcs8(key.to_pkcs8().reveal(), "").value());
  const auto offered = identities("deploy");
  ASSERT_EQ(offered.size(), 1u);
  EXPECT_EQ(offered[0]->credential, "deploy");
  EXPECT_EQ(offered[0]->blob, key.public_key().blob);
  EXPECT_EQ(sign(*offered[0], "ssh-ed25519").value_or(""), *expected);
}

TEST_F(KeySignerTest, OffersTheFirstFiveByNameWhenNoneIsNamed) {
  EXPECT_TRUE(identities("").empty());
  for (const char* name : {"f", "b", "e", "a", "d", "c"}) signer_.set(name, new_key());
  const auto offered = identities("");
  std::string names;
  for (const auto& identity : offered) names += identity->credential;
  EXPECT_EQ(names, "abcde");
}

TEST_F(KeySignerTest, SaysSoWhenThereIsNoKeyOfThatName) {
  const auto none = offer("gone");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, "key.unknown");
  EXPECT_NE(none.error().message.find("'gone'"), std::string::npos);
}

TEST_F(KeySignerTest, HandsOutAPasswordUnderItsNameOnly) {
  signer_.set_password("root of db1", Secret("open sesame"));
  signer_.set("deploy", new_key());
  const auto offered = offer("root of db1");
  ASSERT_TRUE(offered && offered->password);
  EXPECT_EQ(offered->password->reveal(), "open sesame");
  EXPECT_TRUE(offered->identities.empty());
  EXPECT_EQ(signer_.password("root of db1")->reveal(), "open sesame");
  EXPECT_EQ(identities("").size(), 1u) << "passwords are given to nobody who does not name them";
  EXPECT_FALSE(offer("")->password);
  EXPECT_EQ(signer_.password("deploy").error().reason, "key.no_password");
  EXPECT_EQ(signer_.password("gone").error().reason, "key.unknown");
  signer_.set("root of db1", new_key());
  EXPECT_FALSE(offer("root of db1")->password);
  signer_.set_password("root of db1", Secret("again"));
  EXPECT_TRUE(identities("root of db1").empty());
  signer_.remove("root of db1");
  EXPECT_FALSE(offer("root of db1"));
}

TEST_F(KeySignerTest, DoesNotSignWithAKeyThatWasRemovedOrReplaced) {
  signer_.set("a", new_key());
  const auto removed = identities("a")[0];
  signer_.remove("a");
  EXPECT_EQ(sign(*removed, "ssh-ed25519").error().reason, "key.unknown");
  signer_.set("a", new_key());
  EXPECT_EQ(sign(*removed, "ssh-ed25519").error().reason, "key.unknown");
  EXPECT_TRUE(sign(*identities("a")[0], "ssh-ed25519"));
}

TEST_F(KeySignerTest, RefusesAnAlgorithmThatIsNotTheKeys) {
  signer_.set("a", new_key());
  EXPECT_EQ(sign(*identities("a")[0], "rsa-sha2-512").error().reason, "key.unsupported");
}

TEST_F(KeySignerTest, StandsKeysThatChangeWhileItSigns) {
  const PrivateKey key = new_key();
  const std::string der(key.to_pkcs8().reveal());
  signer_.set("a", PrivateKey::from_pkcs8(der, "").value());
  std::thread changer([this, &der] {
    for (int i = 0; i < 200; ++i) {
      signer_.reset({});
      signer_.set("a", PrivateKey::from_pkcs8(der, "").value());
    }
  });
  const auto identity = [&key] {
    ssh::Identity offered;
    offered.credential = "a";
    offered.blob = key.public_key().blob;
    return offered;
  }();
  int answers = 0;
  for (int i = 0; i < 200; ++i) {
    signer_.sign(*reactor_, identity, "ssh-ed25519", "data",
                 [&answers](Result<std::string> result) {
                   ++answers;
                   EXPECT_TRUE(result || result.error().reason == "key.unknown");
                 });
    reactor_->turn(Duration::zero());
  }
  changer.join();
  for (int i = 0; i < 500 && answers < 200; ++i) reactor_->turn(std::chrono::milliseconds(20));
  EXPECT_EQ(answers, 200);
}

}  // namespace
}  // namespace om::keys
