#include "daemon/fold/fingerprint_set.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>

namespace kpiwatch {
namespace {

Fingerprint RandomFingerprint(std::mt19937_64& random) {
  return {random() | 1, static_cast<uint8_t>(random())};
}

TEST(FingerprintTest, TellsTenantSourceAndIdApart) {
  const Fingerprint base = FingerprintOf("acme", "/crm", "e-1");
  EXPECT_EQ(base, FingerprintOf("acme", "/crm", "e-1"));
  EXPECT_NE(base, FingerprintOf("acme", "/crm", "e-2"));
  EXPECT_NE(base, FingerprintOf("acme", "/erp", "e-1"));
  EXPECT_NE(base, FingerprintOf("acm", "e/crm", "e-1"));
  EXPECT_NE(base, FingerprintOf("", "acme/crm", "e-1"));
}

// Stored ids must be recognized by every later version.
TEST(FingerprintTest, StaysTheSameForEver) {
  const Fingerprint id = FingerprintOf("acme", "/crm/deals", "0190f3e2-77b1");
  EXPECT_EQ(id.bits, 7177405244582865992u);
  EXPECT_EQ(id.shard, 85);
}

TEST(FingerprintSetTest, TheShardIsPartOfTheIdentity) {
  FingerprintSet set;
  EXPECT_TRUE(set.Insert({5, 1}));
  EXPECT_TRUE(set.Insert({5, 2}));
  EXPECT_FALSE(set.Insert({5, 1}));
  EXPECT_TRUE(set.Erase({5, 1}));
  EXPECT_FALSE(set.Contains({5, 1}));
  EXPECT_TRUE(set.Contains({5, 2}));
  EXPECT_FALSE(set.Erase({5, 1}));
  EXPECT_EQ(set.size(), 1u);
}

// Neighbouring homes, at the start, the middle and the end of one shard, so that probes run into
// each other and wrap around.
TEST(FingerprintSetTest, AgreesWithAModelWhereHomesCollide) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    FingerprintSet set;
    std::set<uint64_t> model;
    for (int step = 0; step < 600; ++step) {
      const uint64_t region = random() % 3;  // homes 0 and 1, some in the middle, the last two
      const uint64_t spread = random() % 40;
      const uint64_t bits = region == 0   ? 1 + spread
                            : region == 1 ? (uint64_t{1} << 63) + (spread << 56)
                                          : ~uint64_t{0} - (spread << 54);
      const Fingerprint id{bits, 9};
      if (random() % 2 == 0) {
        EXPECT_EQ(set.Insert(id), model.insert(bits).second);
      } else {
        EXPECT_EQ(set.Erase(id), model.erase(bits) == 1);
      }
      EXPECT_EQ(set.size(), model.size());
    }
    for (const uint64_t bits : model) {
      EXPECT_TRUE(set.Contains({bits, 9}));
    }
  }
}

TEST(FingerprintSetTest, AgreesWithAModelWhileGrowingAndShrinking) {
  std::mt19937_64 random(1);
  FingerprintSet set;
  std::set<std::pair<uint8_t, uint64_t>> model;
  for (const bool grow : {true, false, true, false}) {
    for (int step = 0; step < 100'000; ++step) {
      if (grow == (random() % 8 != 0)) {
        const Fingerprint id = RandomFingerprint(random);
        ASSERT_EQ(set.Insert(id), model.emplace(id.shard, id.bits).second);
      } else if (const auto it = model.lower_bound({static_cast<uint8_t>(random()), random()});
                 it != model.end()) {
        ASSERT_TRUE(set.Erase({it->second, it->first}));
        model.erase(it);
      }
    }
    ASSERT_EQ(set.size(), model.size());
    for (const auto& [shard, bits] : model) {
      ASSERT_TRUE(set.Contains({bits, shard}));
    }
  }
}

TEST(FingerprintSetTest, TakesAtMostFourteenBytesAnId) {
  std::mt19937_64 random(2);
  FingerprintSet set;
  while (set.size() < 3'000'000) {
    set.Insert(RandomFingerprint(random));
    if (set.size() > 100'000 && set.size() % 100'000 == 0) {
      EXPECT_LT(set.memory_bytes(), set.size() * 14) << set.size();
    }
  }
}

TEST(FingerprintSetTest, ReserveTakesNoMoreAndSparesTheGrowing) {
  std::mt19937_64 random(3);
  FingerprintSet set;
  set.Reserve(2'000'000);
  const size_t reserved = set.memory_bytes();
  EXPECT_LT(reserved, 14u * 2'000'000);
  while (set.size() < 2'000'000) {
    set.Insert(RandomFingerprint(random));
  }
  EXPECT_LE(set.memory_bytes(), reserved + reserved / 100);
}

TEST(FingerprintSetTest, GivesMemoryBack) {
  FingerprintSet set;
  const size_t empty = set.memory_bytes();
  std::mt19937_64 random(4);
  for (int i = 0; i < 1'000'000; ++i) {
    set.Insert(RandomFingerprint(random));
  }
  random.seed(4);
  for (int i = 0; i < 1'000'000; ++i) {
    EXPECT_TRUE(set.Erase(RandomFingerprint(random)));
  }
  EXPECT_EQ(set.size(), 0u);
  EXPECT_LT(set.memory_bytes(), 2 * empty);
}

// What the event ids of a source look like: alike but for a few digits.
TEST(FingerprintSetTest, TakesNoneOfTenMillionEventsForAnother) {
  constexpr uint64_t kEvents = 10'000'000;
  FingerprintSet set;
  set.Reserve(kEvents);
  std::string id = "0190f3e2-0000-7000-8000-000000000000";
  std::array<Fingerprint, 32> batch;
  for (uint64_t begin = 0; begin < kEvents; begin += batch.size()) {
    for (uint64_t i = 0; i < batch.size(); ++i) {
      uint64_t rest = begin + i;
      for (size_t at = id.size(); at > id.size() - 8; rest /= 10) {
        id[--at] = static_cast<char>('0' + rest % 10);
      }
      batch[i] = FingerprintOf("acme", "/crm/deals", id);
      set.Prefetch(batch[i]);
    }
    for (const Fingerprint fingerprint : batch) {
      ASSERT_TRUE(set.Insert(fingerprint)) << begin;
    }
  }
  EXPECT_EQ(set.size(), kEvents);
}

}  // namespace
}  // namespace kpiwatch
