// Any bytes as an expression, compiled and evaluated over values of every kind.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/base/check.h"
#include "daemon/lang/program.h"

namespace kpiwatch::lang {
namespace {

Scope MakeScope() {
  return {.resolve = [](std::string_view path) -> std::optional<Binding> {
            if (path == "n") {
              return Binding{.slot = 0, .type = Type::kNumber};
            }
            if (path == "s") {
              return Binding{.slot = 1, .type = Type::kString};
            }
            if (path == "b") {
              return Binding{.slot = 2, .type = Type::kBool};
            }
            if (path == "yuan") {
              return Binding{.slot = 5, .type = Type::kMoney, .currency = "CNY"};
            }
            if (path == "at") {
              return Binding{.slot = 6, .type = Type::kTime};
            }
            return path.starts_with("data.")
                       ? std::optional(Binding{.slot = static_cast<uint16_t>(path.size() % 9),
                                               .type = Type::kAny})
                       : std::nullopt;
          },
          .known = {"n", "s", "b", "yuan", "at"},
          .reserved = {"gap"},
          .hint = "hint"};
}

Value ValueOf(uint16_t slot) {
  switch (slot) {
    case 0:
      return Value::Of(Rational{Decimal::FromInt(2), Decimal::FromInt(3)});
    case 1:
      return Value::Of(std::string_view("12.5"));
    case 2:
      return Value::Of(true);
    case 3:
      return Value::Of(Decimal::FromUnits(~(static_cast<__int128>(1) << 127)));
    case 5:
      return Value::Money(Rational::Of(Decimal::FromInt(7)), "CNY");
    case 6:
      return Value::Time(1'767'229'200'000);
    case 7:
      return Value::Of(std::string_view("2026-01-02T09:00:00+08:00"));
    default:
      return Value::Absent();
  }
}

}  // namespace
}  // namespace kpiwatch::lang

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kpiwatch::lang;  // NOLINT(google-build-using-namespace)
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  Error error;
  const std::optional<Program> program = Program::Compile(source, MakeScope(), Type::kAny, &error);
  if (!program) {
    KPIWATCH_CHECK(error.offset <= source.size() && !error.message.empty(), error.message);
    return 0;
  }
  const Value first = program->Evaluate(ValueOf);
  const Value second = program->Evaluate(ValueOf);
  KPIWATCH_CHECK(first.kind == second.kind && first.boolean == second.boolean, "another value");
  KPIWATCH_CHECK(!program->Canonical().empty(), "no meaning");
  KPIWATCH_CHECK(program->work() <= Program::kMaxWork, "more work than is allowed");
  const bool typed = program->type() != Type::kAny && program->type() != Type::kNumeric &&
                     program->type() != Type::kMoney;
  KPIWATCH_CHECK(!typed || first.kind == ValueKind::kAbsent ||
                     first.kind == static_cast<ValueKind>(program->type()),
                 "a value of another type than was told");
  return 0;
}
