// What states of an entity, and what takes from it, come to (S-19).
#include "daemon/fold/entity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "daemon/fold/entity_table.h"
#include "daemon/store/keys.h"
#include "tests/testing/memory_store.h"

namespace kpiwatch {
namespace {

using Role = EntityChange::Role;

EntityChange Change(Role role, int64_t sequence, uint64_t id, int amount, uint32_t subject = 1,
                    int day = 10) {
  EntityChange change;
  change.role = role;
  change.counts = role != Role::kRetract && amount != 0;
  change.sequence = sequence;
  change.share.time_ms = int64_t{1'700'000'000'000} + day;
  change.share.id = id;
  if (change.counts) {
    const int sign = role == Role::kReverse ? -1 : 1;
    change.share.subject = SubjectId(subject);
    change.share.day = change.share.booked = Day{day};
    change.share.delta = {sign, Decimal::FromInt(sign * amount)};
  }
  return change;
}

// The series that one KPI would have.
struct Book {
  KpiEntity meaning;
  EntityPart part;
  std::map<std::pair<uint32_t, int>, int64_t> sums;  // by subject and day
  bool stale = false;

  void Take(const EntityChange& change) {
    EntityNews news;
    TakeChange(change, meaning, false, &part, &news);
    stale = news.stale;
    const auto add = [&](const EntityShare& share, int sign, Day day) {
      auto& sum = sums[{share.subject.value(), day.number}];
      sum += sign * static_cast<int64_t>(share.delta.sum.units() / Decimal::kOne);
      if (sum == 0) {
        sums.erase({share.subject.value(), day.number});
      }
    };
    for (const EntityShare& share : news.out) {
      add(share, -1, share.booked);
    }
    for (EntityShare* const share : news.in) {
      add(*share, 1, share->day);
      share->booked = share->day;
    }
  }
};
using Sums = std::map<std::pair<uint32_t, int>, int64_t>;

TEST(EntityTest, AStateBookedOnAnotherDayIsTakenOutThere) {
  EntityPart part;
  EntityNews news;
  TakeChange(Change(Role::kState, 1, 7, 30), {}, false, &part, &news);
  ASSERT_EQ(news.in.size(), 1U);
  news.in[0]->booked = Day{40};  // its own was final
  TakeChange(Change(Role::kState, 2, 8, 50), {}, false, &part, &news);
  ASSERT_EQ(news.out.size(), 1U);
  EXPECT_EQ(news.out[0].booked, Day{40});
}

TEST(EntityTest, TheSameValueAgainIsBookedAnewOnlyWhereMomentsMatter) {
  for (const bool ordered : {false, true}) {
    EntityPart part;
    EntityNews news;
    TakeChange(Change(Role::kState, 1, 7, 30), {}, ordered, &part, &news);
    TakeChange(Change(Role::kState, 2, 8, 30), {}, ordered, &part, &news);
    EXPECT_FALSE(news.stale);
    EXPECT_EQ(news.out.size(), ordered ? 1U : 0U);
    EXPECT_EQ(news.in.size(), ordered ? 1U : 0U);
    EXPECT_EQ(part.order.sequence, 2);
  }
}

TEST(EntityTest, ReversalsGoWithTheOwnerAndCountOnlyWhileTheEntityDoes) {
  Book book;
  book.Take(Change(Role::kReverse, -1, 100, 5, 9, 12));
  EXPECT_EQ(book.sums, (Sums{{{9, 12}, -5}})) << "nothing is known of the entity yet";
  book.Take(Change(Role::kState, 1, 7, 30, 1, 10));
  EXPECT_EQ(book.sums, (Sums{{{1, 10}, 30}, {{1, 12}, -5}}));
  book.Take(Change(Role::kState, 2, 8, 30, 2, 10));
  EXPECT_EQ(book.sums, (Sums{{{2, 10}, 30}, {{2, 12}, -5}}));
  book.Take(Change(Role::kRetract, 3, 9, 0));
  EXPECT_EQ(book.sums, Sums());
  book.Take(Change(Role::kReverse, -1, 101, 1, 9, 13));
  EXPECT_EQ(book.sums, Sums());
}

TEST(EntityTest, AReversalThatComesAgainIsTakenOnceAndAHigherSequenceReplacesIt) {
  Book book;
  book.Take(Change(Role::kState, 1, 7, 30));
  book.Take(Change(Role::kReverse, 1, 100, 5, 9, 12));
  book.Take(Change(Role::kReverse, 1, 100, 6, 9, 12));
  EXPECT_TRUE(book.stale);
  book.Take(Change(Role::kReverse, 2, 100, 8, 9, 13));
  EXPECT_EQ(book.sums, (Sums{{{1, 10}, 30}, {{1, 13}, -8}}));
}

TEST(EntityTest, BeyondTheLimitReversalsCountByThemselves) {
  Book book;
  book.Take(Change(Role::kState, 1, 7, 30));
  for (uint64_t i = 0; i < kMostReversals; ++i) {
    book.Take(Change(Role::kReverse, -1, 100 + i, 1, 9, 12));
  }
  EntityNews news;
  TakeChange(Change(Role::kReverse, -1, 99'999, 4, 9, 12), {}, false, &book.part, &news);
  EXPECT_EQ(book.part.reversals.size(), kMostReversals);
  ASSERT_TRUE(news.beyond);
  EXPECT_EQ(news.beyond->subject, SubjectId(9));
}

TEST(EntityTest, WhatWasReachedStaysReachedUntilTheEntityIsRetracted) {
  Book book;
  book.meaning.states = KpiEntity::States::kEver;
  book.Take(Change(Role::kState, 1, 1, 0));
  book.Take(Change(Role::kState, 4, 4, 1, 2, 14));
  book.Take(Change(Role::kState, 2, 2, 1, 1, 12));
  book.Take(Change(Role::kState, 3, 3, 0));
  EXPECT_EQ(book.sums, (Sums{{{1, 12}, 1}}));
  book.Take(Change(Role::kRetract, 5, 5, 0));
  book.Take(Change(Role::kState, 1, 6, 1));
  EXPECT_EQ(book.sums, Sums());
  EXPECT_TRUE(book.stale);
}

TEST(EntityTest, AStoredEntityComesBackAndADamagedOneIsTold) {
  Book book;
  book.Take(Change(Role::kState, 1, 7, 30));
  book.Take(Change(Role::kReverse, 1, 100, 5, 9, 12));
  EntityPart other;
  other.kpi_id = 300;
  other.known = true;
  other.retracted = true;
  const std::vector<EntityPart> parts = {book.part, other};
  std::string bytes;
  AppendEntityParts(parts, &bytes);
  EXPECT_EQ(ReadEntityParts(bytes), parts);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(ReadEntityParts(std::string_view(bytes).substr(0, size)), std::nullopt) << size;
  }
}

// Against the plainest way to say it, in every order.
TEST(EntityTest, TheOrderOfArrivalDoesNotMatter) {
  for (uint32_t seed = 0; seed < 500; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](uint32_t n) { return static_cast<int>(random() % n); };
    Book first;
    first.meaning.states = static_cast<KpiEntity::States>(below(2));
    first.meaning.reverse_day = static_cast<KpiEntity::ReverseDay>(below(2));
    std::vector<EntityChange> changes;
    for (int n = 1 + below(8); n > 0; --n) {
      const Role role = below(8) == 0   ? Role::kRetract
                        : below(3) == 0 ? Role::kReverse
                                        : Role::kState;
      changes.push_back(Change(role, below(4) - 1, 1000 + changes.size(),
                               role == Role::kReverse ? 1 + below(5) : below(4) * 10,
                               static_cast<uint32_t>(below(3)), 10 + below(3)));
      if (below(4) == 0) {
        changes.push_back(changes.back());  // again
      }
    }
    Book second = first;
    for (const EntityChange& change : changes) {
      first.Take(change);
    }
    std::shuffle(changes.begin(), changes.end(), random);
    for (const EntityChange& change : changes) {
      second.Take(change);
    }
    EXPECT_EQ(first.sums, second.sums) << seed;
    // The state that decides, and everything that takes from it.
    const EntityChange* state = nullptr;
    bool known = false, retracted = false;
    const auto order = [](const EntityChange& c) {
      return StateOrder{c.sequence, c.share.time_ms, c.share.id};
    };
    const bool ever = first.meaning.states == KpiEntity::States::kEver;
    for (const EntityChange& c : changes) {
      if (c.role != Role::kReverse) {
        known = true;
        retracted = retracted || c.role == Role::kRetract;
        if (ever ? c.counts && (state == nullptr || order(c) < order(*state))
                 : state == nullptr || order(*state) < order(c)) {
          state = &c;
        }
      }
    }
    state = state != nullptr && state->counts && !(ever && retracted) ? state : nullptr;
    Sums expected;
    std::map<uint64_t, const EntityChange*> reversals;
    const auto add = [&](uint32_t subject, int day, const EntityChange& c) {
      auto& sum = expected[{subject, day}];
      sum += static_cast<int64_t>(c.share.delta.sum.units() / Decimal::kOne);
      if (sum == 0) {
        expected.erase({subject, day});
      }
    };
    if (state != nullptr) {
      add(state->share.subject.value(), state->share.day.number, *state);
    }
    for (const EntityChange& c : changes) {
      if (c.role == Role::kReverse && reversals.emplace(c.share.id, &c).second &&
          (state != nullptr || !known)) {
        const bool original =
            state != nullptr && first.meaning.reverse_day == KpiEntity::ReverseDay::kOriginal;
        add((state != nullptr ? state : &c)->share.subject.value(),
            (original ? state : &c)->share.day.number, c);
      }
    }
    EXPECT_EQ(first.sums, expected) << seed;
  }
}

class EntityTableTest : public testing::Test {
 protected:
  void Put(int entity, int64_t sequence) {
    const auto part = table_.Find(EntityKeyOf("", "o" + std::to_string(entity)), 3);
    ASSERT_TRUE(part.ok());
    (*part)->order.sequence = sequence;
    table_.MarkChanged();
  }
  int64_t Get(int entity) {
    const auto part = table_.Find(EntityKeyOf("", "o" + std::to_string(entity)), 3);
    EXPECT_TRUE(part.ok());
    return (*part)->order.sequence;
  }
  void Write() {
    batch_.Clear();
    table_.WriteChanged(&batch_);
  }
  void Land() { ASSERT_TRUE(store_.Write(batch_).ok()); }

  MemoryStore store_;
  EntityTable table_{&store_};
  WriteBatch batch_;
};

TEST_F(EntityTableTest, IsKnownInItsStepWhileItIsWrittenAndFromTheStore) {
  Put(1, 5);
  EXPECT_EQ(Get(1), 5);
  Write();
  EXPECT_EQ(Get(1), 5) << "its batch is not in the store yet";
  Put(1, 6);
  Land();
  Write();
  Land();
  Write();
  EXPECT_EQ(Get(1), 6);
}

TEST_F(EntityTableTest, OnlyWhatHasChangedIsWritten) {
  Put(1, 5);
  Put(2, 5);
  Write();
  Land();
  EXPECT_EQ(Get(1), 5);
  Put(2, 6);
  Write();
  EXPECT_EQ(batch_.entries().size(), 1U);
}

TEST_F(EntityTableTest, IsFullAtItsLimitUntilTheStepEnds) {
  for (size_t i = 0; i < EntityTable::kMostShares; ++i) {
    EXPECT_FALSE(table_.IsFull());
    Put(1, static_cast<int64_t>(i));
  }
  EXPECT_TRUE(table_.IsFull());
  Write();
  EXPECT_FALSE(table_.IsFull());
}

TEST_F(EntityTableTest, WhatCannotBeReadIsAnError) {
  const Hash128 key = EntityKeyOf("", "o1");
  batch_.Put(Family::kMeta, EntityKey({.high = key.high, .low = key.low}), "\x05");
  Land();
  EXPECT_EQ(table_.Find(key, 3).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(EntityTableTest, TenantsHaveEntitiesOfTheirOwn) {
  EXPECT_NE(EntityKeyOf("a", "o1"), EntityKeyOf("b", "o1"));
}

}  // namespace
}  // namespace kpiwatch
