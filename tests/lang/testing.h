// Scopes and environments for tests of expressions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/lang/program.h"
#include "gtest/gtest.h"

namespace kpiwatch::lang {

inline Decimal Dec(std::string_view text) { return *Decimal::Parse(text); }

// A world of a few names: numbers n and m, text s, bool b, money yuan (in CNY), time at, and fields
// data.<anything>.
class World {
 public:
  World& Set(const std::string& name, Value value) {
    values_[Slot(name)] = value;
    return *this;
  }

  Scope scope() {
    return {.resolve = [this](std::string_view path) -> std::optional<Binding> {
              static const std::map<std::string, Type, std::less<>> kTyped = {
                  {"n", Type::kNumber}, {"m", Type::kNumber},          {"s", Type::kString},
                  {"b", Type::kBool},   {"completion", Type::kNumber}, {"yuan", Type::kMoney},
                  {"at", Type::kTime}};
              if (const auto it = kTyped.find(path); it != kTyped.end()) {
                return Binding{.slot = Slot(path),
                               .type = it->second,
                               .currency = it->second == Type::kMoney ? "CNY" : ""};
              }
              if (path.starts_with("data.") || path.find(' ') != path.npos) {
                return Binding{.slot = Slot(path), .type = Type::kAny};
              }
              return std::nullopt;
            },
            .known = {"n", "m", "s", "b", "completion", "yuan", "at"},
            .reserved = {"gap"},
            .hint = "fields are written data.<field>"};
  }

  Value operator()(uint16_t slot) const {
    const auto it = values_.find(slot);
    return it == values_.end() ? Value::Absent() : it->second;
  }

  Program Compile(std::string_view source, Type type = Type::kAny) {
    Error error;
    std::optional<Program> program = Program::Compile(source, scope(), type, &error);
    EXPECT_TRUE(program.has_value()) << source << ": " << error.message;
    return program ? *program : *Program::Compile("false", scope(), Type::kAny, &error);
  }

  uint16_t Slot(std::string_view name) {
    const auto [it, inserted] =
        slots_.try_emplace(std::string(name), static_cast<uint16_t>(slots_.size()));
    return it->second;
  }

 private:
  std::map<std::string, uint16_t, std::less<>> slots_;
  std::map<uint16_t, Value> values_;
};

inline std::string ShowNumber(const Rational& number) {
  if (number.den == Decimal::FromInt(1)) {
    return number.num.ToString();
  }
  return std::to_string(static_cast<int64_t>(number.num.units())) + "/" +
         std::to_string(static_cast<int64_t>(number.den.units()));
}

// "true", "12.5", "2/3", "'text'", "12.5 CNY", "60000 ms", "@60000", "2 wd", "absent".
inline std::string Show(const Value& v) {
  switch (v.kind) {
    case ValueKind::kAbsent:
      return "absent";
    case ValueKind::kBool:
      return v.boolean ? "true" : "false";
    case ValueKind::kString:
      return "'" + std::string(v.text) + "'";
    case ValueKind::kNumber:
      return ShowNumber(v.number);
    case ValueKind::kMoney:
      return ShowNumber(v.number) + " " + std::string(v.text);
    case ValueKind::kTime:
      return "@" + ShowNumber(v.number);
    case ValueKind::kDuration:
      return ShowNumber(v.number) + " ms";
    case ValueKind::kWorkingDays:
      return ShowNumber(v.number) + " wd";
    case ValueKind::kWorkingHours:
      return ShowNumber(v.number) + " wh";
  }
  return "";
}

}  // namespace kpiwatch::lang
