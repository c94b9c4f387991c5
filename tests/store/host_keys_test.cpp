// SPDX-License-Identifier: MIT
#include "om/store/host_keys.h"

#include <gmock/gmock.h>

#include "store/temp_store.h"
#include "store/transaction.h"

#include "om/store/inventory.h"

namespace om::store {
namespace {

class SeenHostKeysTest : public StoreFixture {
 protected:
  static SeenHostKey key(const std::string& name, const std::string& blob,
                         const std::string& verdict, WallMs at_ms) {
    SeenHostKey seen;
    seen.name = name;
    seen.algorithm = "ssh-ed25519";
    seen.blob = blob;
    seen.fingerprint = "SHA256:" + blob;
    seen.verdict = verdict;
    seen.last_ms = at_ms;
    return seen;
  }
  bool note(const SeenHostKey& seen) {
    bool is_news = false;
    write([&](Transaction& transaction) -> Result<void> {
      OM_TRY_SET(is_news, note_host_key(transaction, seen));
      return {};
    });
    return is_news;
  }
  std::vector<SeenHostKey> all() { return *list_seen_host_keys(*reader(), 0, 100'000); }
};

TEST_F(SeenHostKeysTest, KeepsOneRowForAKeyOfAName) {
  EXPECT_TRUE(note(key("web1", std::string("a\0b", 3), "unknown", 1000)));
  EXPECT_FALSE(note(key("web1", std::string("a\0b", 3), "unknown", 2000)));
  EXPECT_TRUE(note(key("web1", "other", "unknown", 2000)));
  EXPECT_TRUE(note(key("[web1]:2222", "other", "unknown", 2000)));
  ASSERT_EQ(all().size(), 3U);
  const SeenHostKey first = all()[0];
  EXPECT_EQ(first.name, "web1");
  EXPECT_EQ(first.algorithm, "ssh-ed25519");
  EXPECT_EQ(first.blob, std::string("a\0b", 3));
  EXPECT_EQ(first.first_ms, 1000);
  EXPECT_EQ(first.last_ms, 1000) << "less than a minute ago";
  EXPECT_FALSE(note(key("web1", std::string("a\0b", 3), "unknown", 1000 + kSeenAgainAfterMs)));
  EXPECT_EQ(all()[0].last_ms, 1000 + kSeenAgainAfterMs);
  EXPECT_EQ(all()[0].first_ms, 1000);
  EXPECT_EQ(*count_seen_host_keys(*reader()), 3);
}

TEST_F(SeenHostKeysTest, AnotherVerdictIsNewsAtOnce) {
  note(key("web1", "k", "unknown", 1000));
  SeenHostKey changed = key("web1", "k", "changed", 1001);
  changed.known_fingerprint = "SHA256:old";
  EXPECT_TRUE(note(changed));
  EXPECT_FALSE(note(changed));
  changed.known_fingerprint = "SHA256:older";
  EXPECT_TRUE(note(changed));
  ASSERT_EQ(all().size(), 1U);
  EXPECT_EQ(all()[0].verdict, "changed");
  EXPECT_EQ(all()[0].known_fingerprint, "SHA256:older");
}

TEST_F(SeenHostKeysTest, PagesFindsAndRemoves) {
  for (int i = 0; i < 5; ++i) note(key("web" + std::to_string(i), "k", "unknown", 1));
  const std::vector<SeenHostKey> rows = all();
  const auto page = *list_seen_host_keys(*reader(), rows[1].id, 2);
  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].name, "web2");
  const auto found = *find_seen_host_keys(*reader(), {rows[4].id, 999, rows[0].id});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "web0");
  write([&](Transaction& transaction) {
    return remove_seen_host_keys(transaction, {rows[0].id, rows[1].id, 999});
  });
  EXPECT_EQ(*count_seen_host_keys(*reader()), 3);
  note(key("web9", "k", "unknown", 1));
  EXPECT_GT(all().back().id, rows[4].id) << "a number stands for one key for ever";
}

TEST_F(SeenHostKeysTest, AHostThatShowsANewKeyEveryTimeFillsNothing) {
  note(key("web1", "k", "unknown", 1));
  for (int i = 0; i < 100; ++i) note(key("liar", "k" + std::to_string(i), "changed", 10 + i));
  ASSERT_EQ(*count_seen_host_keys(*reader()), 1 + kMostSeenKeysOfName);
  EXPECT_EQ(all().back().blob, "k99");
  EXPECT_EQ(all()[1].blob, "k92");
}

TEST_F(SeenHostKeysTest, TheOldestGoWhenThereAreTooMany) {
  write([&](Transaction& transaction) -> Result<void> {
    for (std::int64_t i = 0; i < kMostSeenHostKeys; ++i) {
      OM_TRY(note_host_key(transaction, key("host" + std::to_string(i), "k", "unknown", 100 + i)));
    }
    // Seen again: no longer the oldest.
    OM_TRY(note_host_key(transaction, key("host0", "k", "unknown", 1'000'000)));
    return {};
  });
  EXPECT_EQ(*count_seen_host_keys(*reader()), kMostSeenHostKeys);
  note(key("late", "k", "unknown", 2'000'000));
  EXPECT_EQ(*count_seen_host_keys(*reader()), kMostSeenHostKeys);
  EXPECT_EQ(all().front().name, "host0");
  EXPECT_EQ(all()[1].name, "host2") << "host1 was the oldest";
  EXPECT_EQ(all().back().name, "late");
}

TEST_F(SeenHostKeysTest, KnowsWhereHostsAreLookedUp) {
  write([&](Transaction& transaction) -> Result<void> {
    Host host;
    host.name = "web1";
    host.address = "10.0.0.1";
    host.port = 2222;
    host.host_key_alias = "pod7";
    return add_host(transaction, host) ? Result<void>() : fail(Errc::internal, "", "not added");
  });
  const auto places = *list_host_key_places(*reader());
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].host, "web1");
  EXPECT_EQ(places[0].address, "10.0.0.1");
  EXPECT_EQ(places[0].port, 2222);
  EXPECT_EQ(places[0].alias, "pod7");
}

}  // namespace
}  // namespace om::store
