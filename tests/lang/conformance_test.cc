// The public conformance cases of CEL. A case passes, or it stands in conformance_exceptions.txt
// under the reason why this language answers otherwise; there is nothing between.
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/lang/program.h"
#include "gtest/gtest.h"
#include "tests/lang/testing.h"
#include "tests/lang/textproto.h"
#include "tests/testing/shared_data.h"

namespace kpiwatch::lang {
namespace {

constexpr std::string_view kFiles[] = {
    "basic",  "bindings_ext", "comparisons", "conversions", "fields",   "fp_math",
    "lists",  "integer_math", "logic",       "macros",      "math_ext", "parse",
    "string", "string_ext",   "plumbing",    "timestamps",
};
constexpr const char* kExceptions = "tests/lang/conformance_exceptions.txt";

// A value of the cases as one of ours; nullopt: there is none like it.
std::optional<Value> ValueOf(const TextProto& value) {
  const auto number = [](const std::string& text) -> std::optional<Value> {
    const std::optional<Decimal> decimal = Decimal::Parse(text);
    return decimal ? std::optional(Value::Of(*decimal)) : std::nullopt;
  };
  if (value.fields.size() != 1) {
    return std::nullopt;
  }
  const auto& [kind, content] = value.fields[0];
  if (kind == "int64_value" || kind == "uint64_value" || kind == "double_value") {
    return number(content.scalar);
  }
  if (kind == "bool_value") {
    return Value::Of(content.scalar == "true");
  }
  if (kind == "string_value") {
    return Value::Of(std::string_view(content.scalar));
  }
  if (kind != "object_value" || content.fields.size() != 1) {
    return std::nullopt;
  }
  const auto& [type, object] = content.fields[0];
  const bool time = type == "type.googleapis.com/google.protobuf.Timestamp";
  if (!time && type != "type.googleapis.com/google.protobuf.Duration") {
    return std::nullopt;
  }
  // Both count nanoseconds, which are the millionths of our milliseconds.
  const auto part = [&](std::string_view name) {
    const std::string text = object.Text(name);
    return static_cast<__int128>(text.empty() ? 0 : std::stoll(text));
  };
  const Decimal ms = Decimal::FromUnits(part("seconds") * 1'000'000'000 + part("nanos"));
  return Value{.kind = time ? ValueKind::kTime : ValueKind::kDuration, .number = Rational::Of(ms)};
}

using Bindings = std::vector<std::pair<std::string, Value>>;

// Binds `name`, or of a map the path of each of its entries; what has no value here, not at all.
void Bind(const std::string& name, const TextProto& value, Bindings* bound) {
  if (value.Find("null_value") != nullptr) {
    bound->emplace_back(name, Value::Absent());
  } else if (const std::optional<Value> ours = ValueOf(value)) {
    bound->emplace_back(name, *ours);
  } else if (const TextProto* const map = value.Find("map_value")) {
    for (const TextProto* const entry : map->All("entries")) {
      const TextProto* const key = entry->Find("key");
      const TextProto* const content = entry->Find("value");
      if (key != nullptr && content != nullptr && key->Find("string_value") != nullptr) {
        Bind(name + "." + key->Text("string_value"), *content, bound);
      }
    }
  }
}

bool Same(const Value& a, const Value& b) {
  return a.kind == b.kind && a.boolean == b.boolean && a.number == b.number && a.text == b.text;
}

// Whether a message refuses what the expression means, and not the language that it is written in.
bool RefusesMeaning(const std::string& message) {
  for (const char* const part :
       {"needs a ", "compares ", "cannot compare", "mixes ", "unknown name",
        "unknown function 'f_unknown'", "chooses between", "is not a time", "is not a duration",
        "unknown escape", "is not a Unicode character"}) {
    if (message.find(part) != std::string::npos) {
      return true;
    }
  }
  return false;
}

struct Outcome {
  bool passed = false;
  bool error = false;  // that it is an error is what both say
  std::string told;
};

Outcome OutcomeOf(const TextProto& test) {
  Bindings bound;
  for (const TextProto* const binding : test.All("bindings")) {
    const TextProto* const wrapped = binding->Find("value");
    const TextProto* const value = wrapped != nullptr ? wrapped->Find("value") : nullptr;
    if (value != nullptr) {
      Bind(binding->Text("key"), *value, &bound);
    }
  }
  const Scope scope = {.resolve = [&](std::string_view path) -> std::optional<Binding> {
                         for (size_t i = 0; i < bound.size(); ++i) {
                           if (bound[i].first == path) {
                             return Binding{.slot = static_cast<uint16_t>(i),
                                            .type = static_cast<Type>(bound[i].second.kind)};
                           }
                         }
                         return std::nullopt;
                       },
                       .known = {},
                       .reserved = {},
                       .hint = {}};
  const bool wants_error = test.Find("eval_error") != nullptr;
  Error error;
  const std::string source = test.Text("expr");
  const std::optional<Program> program = Program::Compile(source, scope, Type::kAny, &error);
  if (!program) {
    return {.passed = wants_error && RefusesMeaning(error.message),
            .error = true,
            .told = error.message};
  }
  const Value result = program->Evaluate([&](uint16_t slot) { return bound[slot].second; });
  if (wants_error) {
    return {.passed = result.kind == ValueKind::kAbsent, .error = true, .told = Show(result)};
  }
  const TextProto* wanted = test.Find("value");
  if (const TextProto* const typed = test.Find("typed_result"); typed != nullptr) {
    wanted = typed->Find("result");
  }
  const std::optional<Value> value = wanted != nullptr ? ValueOf(*wanted) : Value::Of(true);
  return {.passed = value && Same(result, *value), .error = false, .told = Show(result)};
}

// Names of cases by the reason why they are out; a name that stands twice fails.
std::map<std::string, std::string> ReadExceptions() {
  std::map<std::string, std::string> reasons;
  std::ifstream in(kExceptions);
  std::string line;
  std::string reason;
  while (std::getline(in, line)) {
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    if (line.starts_with("[")) {
      reason = line.substr(1, line.size() - 2);
      continue;
    }
    EXPECT_FALSE(reason.empty()) << line;
    EXPECT_TRUE(reasons.emplace(line, reason).second) << line << " is listed twice";
  }
  return reasons;
}

TEST(Conformance, EveryPublicCaseIsMetOrListedWithItsReason) {
  KPIWATCH_REQUIRE_SHARED_DATA("cel_conformance");
  const std::map<std::string, std::string> exceptions = ReadExceptions();
  std::set<std::string> seen;
  size_t values = 0;
  size_t errors = 0;
  for (const std::string_view file : kFiles) {
    const std::string name = "cel_conformance/" + std::string(file) + ".textproto";
    KPIWATCH_REQUIRE_SHARED_DATA(name);
    std::string error;
    const auto whole = ParseTextProto(ReadWholeFile(*SharedData(name)), &error);
    ASSERT_TRUE(whole) << name << ": " << error;
    for (const TextProto* const section : whole->All("section")) {
      for (const TextProto* const test : section->All("test")) {
        std::string id = std::string(file) + "/" + section->Text("name") + "/" + test->Text("name");
        while (!seen.insert(id).second) {
          id += "+";  // names repeat
        }
        const Outcome outcome = OutcomeOf(*test);
        const bool listed = exceptions.contains(id);
        EXPECT_FALSE(outcome.passed && listed) << id << " passes and is listed as out";
        EXPECT_TRUE(outcome.passed || listed)
            << id << ": " << test->Text("expr") << "\n  gave " << outcome.told;
        values += outcome.passed && !outcome.error ? 1 : 0;
        errors += outcome.passed && outcome.error ? 1 : 0;
      }
    }
  }
  for (const auto& [id, reason] : exceptions) {
    EXPECT_TRUE(seen.contains(id)) << id << " is listed and no case";
  }
  std::cout << seen.size() << " cases: " << values << " give CEL's value, " << errors
            << " are errors in both, " << exceptions.size() << " are listed as out\n";
}

TEST(TextProto, IsReadWithItsEscapesAndLists) {
  std::string error;
  const auto read = ParseTextProto(
      "# a comment\nname: 'a\\'b\\u00e9\\303\\251' \"c\"\nm { n: -1.5e3, [x.y/Z] { k: true } }\n"
      "l: [1, 2]\n",
      &error);
  ASSERT_TRUE(read) << error;
  EXPECT_EQ(read->Text("name"),
            "a'béé"
            "c");
  ASSERT_NE(read->Find("m"), nullptr);
  EXPECT_EQ(read->Find("m")->Text("n"), "-1.5e3");
  EXPECT_EQ(read->Find("m")->Find("x.y/Z")->Text("k"), "true");
  EXPECT_EQ(read->All("l").size(), 2u);
  EXPECT_FALSE(ParseTextProto("name: {", &error));
  EXPECT_FALSE(ParseTextProto("name: 'open", &error));
}

}  // namespace
}  // namespace kpiwatch::lang
