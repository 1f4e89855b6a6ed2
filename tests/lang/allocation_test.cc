// Evaluating an expression allocates nothing: this program counts every allocation.
#include <cstdlib>
#include <new>

#include "daemon/lang/program.h"
#include "gtest/gtest.h"
#include "tests/lang/testing.h"

namespace {
thread_local int64_t allocations = 0;
}  // namespace

void* operator new(size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) {
    return p;
  }
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t /*size*/) noexcept { std::free(p); }

namespace kpiwatch::lang {
namespace {

TEST(Allocation, IsCounted) {
  const int64_t before = allocations;
  const std::string text(100, 'x');
  EXPECT_EQ(allocations, before + 1) << text;
}

TEST(Allocation, EvaluationMakesNone) {
  World world;
  const std::string direction(200, 'o');
  world.Set("data.direction", Value::Of(std::string_view(direction)))
      .Set("data.cell", Value::Of(std::string_view("12.50")))
      .Set("completion", Value::Of(Rational{Dec("1"), Dec("3")}));
  const Program program = world.Compile(
      "(data.direction != 'a rather long string that no small buffer can hold' || data.no == 1) &&"
      " data.cell in [1, 'twelve and a half, written out', 12.5] && completion * 3 - 1/7 > 40% &&"
      " (data.no == null ? data.cell / 7 < 2 : false)");
  const int64_t before = allocations;
  const bool result = program.EvaluateBool(world);
  const int64_t after = allocations;
  EXPECT_TRUE(result);
  EXPECT_EQ(after, before);
}

TEST(Allocation, FunctionsAndQuantitiesMakeNone) {
  World world;
  const std::string text = "SO-" + std::string(200, '7') + "-王";
  world.Set("data.no", Value::Of(std::string_view(text)))
      .Set("data.due", Value::Of(std::string_view("2026-01-02T09:00:00+08:00")))
      .Set("data.fee", Value::Money(Rational::Of(Dec("12.5")), "CNY"))
      .Set("at", Value::Time(1'767'229'200'000));
  const Program program = world.Compile(
      "data.no.matches(r'^SO-(\\d\\d?)*-.$') && data.no.startsWith('SO') &&"
      " data.no.contains('77-') && size(data.no) == 205 && has(data.fee) &&"
      " timestamp(data.due) - at == 24h && data.due > at && data.fee * 2 < 1000 CNY &&"
      " min(data.fee, 3) + round(data.fee / 3, 2) > abs(-7 CNY)");
  const int64_t before = allocations;
  const bool result = program.EvaluateBool(world);
  const int64_t after = allocations;
  EXPECT_TRUE(result);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace kpiwatch::lang
